void use_asio();

int main() { use_asio(); }
