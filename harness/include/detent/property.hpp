// Properties: what must always hold, what must come true in time, and what should happen in some schedule.
//
//     auto bounded = sim.invariant("at most two leases", [&] { return leases <= 2; });
//     auto served = sim.eventually("every request is answered", [&] { return answered == 3; }, 1s);
//     detent::sometimes("a request was retried", attempts > 1);
//
// invariant    holds after every step, and when it goes out of scope. A schedule in which it does not fails with
//              verdict::invariant, in the step after which it was seen.
// eventually   comes true after some step, at most `within` of virtual time from now, and before it goes out of scope;
//              else verdict::liveness. Once it has come true it is not looked at again.
// sometimes    an exploration that passes, and in which the condition was reached and was true in no schedule, fails
//              with verdict::vacuous: the test does not test what it is there for. May be called in code under test,
//              from anywhere; outside an exploration it has no effect. At most 64 names, of up to 95 characters.
//
// The functions run between steps, on the thread of the schedule; what they read counts as read by the step before.
// They belong to the object that is returned, which is destroyed before what they refer to. One that throws fails as
// well.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>

namespace detent {

class machine;

class [[nodiscard("a property holds as long as the object that is returned")]] property
{
public:
  property(machine & world, std::string_view name, std::function<bool()> holds, std::int64_t deadline);
  ~property();
  property(property && other) noexcept : world_(std::exchange(other.world_, nullptr)), number_(other.number_) {}
  property& operator=(property&&) = delete;

private:
  machine* world_;
  std::uint64_t number_;
};

void sometimes(std::string_view name, bool condition);

} // namespace detent
