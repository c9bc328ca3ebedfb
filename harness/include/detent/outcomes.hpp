// All results that a body can have, and how often: for code whose result may differ from schedule to schedule.
//
//     const detent::outcome_list seen = detent::outcomes(how, [](detent::simulation& sim) { return run(sim); });
//     for (const detent::outcome& o : seen.all)
//       std::cout << o.value << ": " << o.count << " times, replay with " << o.token << '\n';
//     REQUIRE(seen.all.size() == 1);
//
// The body returns its result as text. Schedules are those that explore() would run, in the calling process. Each
// outcome comes with a schedule that leads to it, reduced to the few orderings that it takes. A schedule that fails
// (an exception, a deadlock) has an outcome too: "failed: " and the message.
#pragma once

#include <detent/explore.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace detent {

struct outcome
{
  std::string value;
  std::uint64_t count = 0;
  std::string token; // replays one schedule that leads to it
  std::string pin;   // what that schedule takes
};

struct outcome_list
{
  std::vector<outcome> all; // the most frequent first
  std::uint64_t schedules = 0;
  std::string report; // a line for each
};

using valued_body = std::function<std::string(simulation&)>;

outcome_list outcomes(const options& how, const valued_body& test);

} // namespace detent
