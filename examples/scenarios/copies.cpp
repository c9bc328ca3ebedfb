// Filter, square, take the first ten: each step into a vector of its own, and as one lazy pipeline.
#include "scenarios.hpp"

#include <range/v3/numeric/accumulate.hpp>
#include <range/v3/view/filter.hpp>
#include <range/v3/view/take.hpp>
#include <range/v3/view/transform.hpp>

#include <memory_resource>
#include <numeric>

namespace scenarios {
namespace {

class counting final : public std::pmr::memory_resource
{
public:
  std::int64_t allocations = 0;
  std::int64_t bytes = 0;

private:
  void* do_allocate(std::size_t size, std::size_t align) override
  {
    ++allocations;
    bytes += static_cast<std::int64_t>(size);
    return std::pmr::new_delete_resource()->allocate(size, align);
  }
  void do_deallocate(void* at, std::size_t size, std::size_t align) override
  {
    std::pmr::new_delete_resource()->deallocate(at, size, align);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

using numbers = std::pmr::vector<int>;

// A vector that is filled one by one doubles: 1, 2, 4, ...
std::int64_t allocations_for(std::int64_t elements)
{
  std::int64_t count = 1;
  for (std::int64_t capacity = 1; capacity < elements; capacity *= 2)
    ++count;
  return count;
}

} // namespace

asio::awaitable<void> copies(report& out)
{
  constexpr int elements = 1'000'000;
  out.title("Eager copies against one lazy pipeline");
  out.text("Of a million numbers the even ones are squared, and the first ten added up. Step by step each step fills a "
           "vector, which "
           "doubles as it grows: 1 + ceil(log2 n) allocations for n elements. The lazy pipeline reads 22 numbers and "
           "allocates "
           "nothing.");
  out.columns({"", "allocations", "bytes", "numbers read"});
  std::vector<int> all(elements);
  std::iota(all.begin(), all.end(), 1);
  std::int64_t read = 0;
  const auto is_even = [&read](int i) {
    ++read;
    return i % 2 == 0;
  };
  const auto square = [](int i) { return static_cast<int>(static_cast<unsigned>(i) * static_cast<unsigned>(i)); };

  counting memory;
  numbers even(&memory), squares(&memory), ten(&memory);
  for (const int i : all)
    if (is_even(i))
      even.push_back(i);
  for (const int i : even)
    squares.push_back(square(i));
  for (std::size_t i = 0; i < 10; ++i)
    ten.push_back(squares[i]);
  const int eagerly = std::accumulate(ten.begin(), ten.end(), 0);
  out.row({"a vector for each step",
      out.exactly(memory.allocations, 2 * allocations_for(elements / 2) + allocations_for(10)), number(memory.bytes),
      out.exactly(read, elements)});

  read = 0;
  const int lazily = ranges::accumulate(
      all | ranges::views::filter(is_even) | ranges::views::transform(square) | ranges::views::take(10), 0);
  out.row({"one lazy pipeline", "0", "0", number(read)});
  out.exactly(eagerly, lazily);
  co_return;
}

} // namespace scenarios
