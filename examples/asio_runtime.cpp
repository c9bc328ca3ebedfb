// Asio's own compiled part, as its documentation has it.
#include <boost/asio/impl/src.hpp>
