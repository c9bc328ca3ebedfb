// Catch2's headers, 3.x or 2.x: what differs between them is in this file and in src/explore.cpp.
#pragma once

#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_test_macros.hpp>
#define DETENT_CATCH2_MAJOR 3
#else
#include <catch2/catch.hpp>
#define DETENT_CATCH2_MAJOR 2
#endif
