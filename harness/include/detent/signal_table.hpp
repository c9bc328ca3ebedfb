// Who listens for which signal. For adapters; a test calls simulation::raise, and a program std::raise as ever.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace detent {

class signal_table
{
public:
  class listener
  {
  public:
    virtual void raised(int signal) = 0;

  protected:
    ~listener() = default;
  };

  void add(int signal, listener& to) { listeners_.emplace_back(signal, &to); }
  void remove(int signal, listener& to) noexcept { std::erase(listeners_, std::pair(signal, &to)); }

  // Tells all who listen, in the order in which they began; false if nobody does.
  bool raise(int signal);

  // "SIGTERM"
  static std::string name(int signal);

private:
  std::vector<std::pair<int, listener*>> listeners_;
};

} // namespace detent
