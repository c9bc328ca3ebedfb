// The port, compiled in the executable that is simulated, with that executable's own flags.
#include <detent/asio/src.hpp>
