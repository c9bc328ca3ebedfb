// What Asio keeps private and the port has to reach: an explicit instantiation may name it.
//
//     struct size_tag { friend auto revealed(size_tag); };
//     template struct reveal<size_tag, &hidden::size_>;
//     object.*revealed(size_tag{}) = 3;
#pragma once

namespace detent::asio_port {

template <class Tag, auto Member> struct reveal
{
  friend auto revealed(Tag) { return Member; }
};

} // namespace detent::asio_port
