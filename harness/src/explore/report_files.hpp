// The files that a failure leaves in options::out: NAME.txt, NAME.html, NAME.json and NAME.token, where NAME is the
// test's.
#pragma once

#include <detent/explore.hpp>
#include <detent/recording.hpp>

namespace detent {

// Throws usage_error if the folder cannot be written.
void write_report_files(const options& how, const result& failed, const recording& run);

// A file name that is equal in every run: the test's name as far as it can be one, and its fingerprint.
std::string report_file_name(const std::string& test);

} // namespace detent
