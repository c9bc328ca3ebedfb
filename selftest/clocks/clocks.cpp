// The program's clocks, sleeps and entropy: virtual inside a simulation, real outside. A program of its own,
// since it is built with other runtimes (run.sh).
#include <detent/asio.hpp>
#include <detent/clock.hpp>
#include <detent/real_threads.hpp>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <random>
#include <string>
#include <thread>

#include <sys/random.h>
#include <sys/select.h>
#include <sys/time.h>
#include <unistd.h>

using namespace std::chrono_literals;

namespace {

std::atomic<int> failures{0};

void check(bool holds, const char* what)
{
  if (!holds)
    std::printf("FAILED: %s\n", what);
  failures += !holds;
}

std::int64_t reading(clockid_t clock)
{
  timespec t{};
  ::clock_gettime(clock, &t);
  return t.tv_sec * 1'000'000'000LL + t.tv_nsec;
}

void inside(detent::simulation& sim)
{
  sim.elapse(1'234'567'891ns);
  const std::int64_t now = 1'234'567'891;
  check(std::chrono::steady_clock::now().time_since_epoch().count() == detent::steady_start + now, "steady_clock");
  check(std::chrono::system_clock::now().time_since_epoch().count() == detent::system_start + now, "system_clock");
  check(std::chrono::high_resolution_clock::now().time_since_epoch().count() == detent::system_start + now,
      "high_resolution_clock");
  check(reading(CLOCK_MONOTONIC_RAW) == detent::steady_start + now, "CLOCK_MONOTONIC_RAW");
  check(reading(CLOCK_BOOTTIME) == detent::steady_start + now, "CLOCK_BOOTTIME");
  check(reading(CLOCK_REALTIME_COARSE) == detent::system_start + now, "CLOCK_REALTIME_COARSE");
  check(::time(nullptr) == 946'684'801, "time");
  timeval tv{};
  ::gettimeofday(&tv, nullptr);
  check(tv.tv_sec == 946'684'801 && tv.tv_usec == 234'567, "gettimeofday");

  const auto start = sim.elapsed();
  std::this_thread::sleep_for(1h);
  check(sim.elapsed() - start == 1h, "sleep_for");
  std::this_thread::sleep_until(std::chrono::steady_clock::now() + 3ns);
  check(sim.elapsed() - start == 1h + 3ns, "sleep_until, steady");
  std::this_thread::sleep_until(std::chrono::system_clock::now() + 4ns);
  check(sim.elapsed() - start == 1h + 7ns, "sleep_until, system");
  ::usleep(2);
  ::sleep(1);
  check(sim.elapsed() - start == 1h + 1s + 2'007ns, "usleep and sleep");
  timespec absolute{};
  ::clock_gettime(CLOCK_MONOTONIC, &absolute);
  absolute.tv_sec += 5;
  check(::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &absolute, nullptr) == 0, "clock_nanosleep");
  check(sim.elapsed() - start == 1h + 6s + 2'007ns, "clock_nanosleep, absolute");
  timeval tenth{0, 100'000};
  check(::select(0, nullptr, nullptr, nullptr, &tenth) == 0, "select");
  check(sim.elapsed() - start == 1h + 6'100ms + 2'007ns, "select without descriptors");
}

std::string entropy()
{
  std::string drawn;
  detent::options how;
  how.name = "entropy";
  static_cast<void>(detent::simulate(how, [&](detent::simulation&) {
    std::random_device device;
    unsigned char bytes[16] = {};
    check(::getrandom(bytes, sizeof bytes, 0) == sizeof bytes, "getrandom");
    check(::getentropy(bytes, sizeof bytes) == 0, "getentropy");
    drawn = std::to_string(device()) + " " + std::to_string(device());
    for (const unsigned char byte : bytes)
      drawn += " " + std::to_string(byte);
  }));
  return drawn;
}

void outside()
{
  const auto wall = detent::wall_clock::now();
  const auto steady = std::chrono::steady_clock::now();
  std::this_thread::sleep_for(30ms);
  check(detent::wall_clock::now() - wall >= 30ms, "a real thread's sleep_for is real");
  check(std::chrono::steady_clock::now() - steady >= 30ms, "a real thread's steady_clock is real");
  check(std::chrono::system_clock::now().time_since_epoch() > 24h * 365 * 54, "a real thread's date is real");
  check(::time(nullptr) > 24L * 3600 * 365 * 54, "time is real");
  timespec invalid{};
  invalid.tv_nsec = 1'000'000'000;
  errno = 0;
  check(::nanosleep(&invalid, nullptr) == -1 && errno == EINVAL, "nanosleep's errors are libc's");
  timeval hundredth{0, 10'000};
  const auto before = detent::wall_clock::now();
  check(::select(0, nullptr, nullptr, nullptr, &hundredth) == 0, "a real thread's select");
  check(detent::wall_clock::now() - before >= 10ms, "a real thread's select waits");
  std::random_device device;
  check(device() != device() || device() != device(), "a real thread's random_device");
}

} // namespace

int main()
{
  const detent::result r = detent::simulate(inside);
  check(r.passed(), r.report.c_str());
  check(entropy() == entropy(), "entropy repeats itself");
  const std::int64_t cpu = reading(CLOCK_PROCESS_CPUTIME_ID);
  for (std::atomic<int> i = 0; i < 1'000'000; ++i)
  {
  }
  check(reading(CLOCK_PROCESS_CPUTIME_ID) > cpu, "CPU time stays real");
  const detent::real_threads real;
  std::thread one(outside);
  std::thread other(outside);
  one.join();
  other.join();
  std::printf("%d failures\n", failures.load());
  return failures;
}
