// A benchmark of a pair: two programs that share an object file, run in turn.
//
// The programs are started as children, once each in turn, and print nanoseconds a step on stdout. The driver
// takes the medians and prints one line: bench NAME VALUE UNIT ratio R baseline WHAT.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

double median(std::vector<double> values);

// What a child prints on its stdout, as a number.
double run_child(const std::vector<std::string>& command);

void print(const std::string& name, double value, const std::string& unit, double ratio, const std::string& baseline);

} // namespace bench
