// How the tests of threads explore their bodies: conditions are exceptions, which hold on any stack.
#pragma once

#include <detent/catch2.hpp>

#include <stdexcept>

inline detent::options named(const char* name)
{
  detent::options how;
  how.name = name;
  how.schedules = 300;
  return how;
}

inline void require(bool condition, const char* what)
{
  if (!condition)
    throw std::runtime_error(what);
}

template <class Body> detent::result explored(const char* name, Body body)
{
  return detent::explore(named(name), body);
}

template <class Body> void passes(const char* name, Body body)
{
  const detent::result r = explored(name, body);
  INFO(r.report);
  REQUIRE(r.passed());
}
