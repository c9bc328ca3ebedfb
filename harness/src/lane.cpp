#include <detent/lane.hpp>

#include <algorithm>
#include <array>
#include <bit>

namespace detent {
namespace {

constexpr std::uint64_t each_byte = 0x0101010101010101u;

// table[rank][byte]: the place of the set bit of that rank.
constexpr auto bit_of_rank = [] {
  std::array<std::array<std::uint8_t, 256>, 8> table{};
  for (unsigned byte = 0; byte < 256; ++byte)
    for (unsigned bit = 0, rank = 0; bit < 8; ++bit)
      if ((byte >> bit) & 1)
        table[rank++][byte] = static_cast<std::uint8_t>(bit);
  return table;
}();

// In each byte, the number of set bits up to and with that byte.
std::uint64_t running_counts(std::uint64_t word) noexcept
{
  word -= (word >> 1) & (0x55 * each_byte);
  word = (word & (0x33 * each_byte)) + ((word >> 2) & (0x33 * each_byte));
  return ((word + (word >> 4)) & (0x0f * each_byte)) * each_byte;
}

// The place of the set bit of that rank; there are more than `rank`. Source: Vigna, "Broadword implementation
// of rank/select queries" (2008), algorithm 2.
std::size_t select_bit(std::uint64_t word, std::uint64_t counts, std::uint64_t rank) noexcept
{
  // In its top bit each byte says whether its count is at most `rank`; those bytes lie before the one sought.
  const std::uint64_t before = (((rank * each_byte) | (0x80 * each_byte)) - counts) & (0x80 * each_byte);
  const std::uint64_t shift = (((before >> 7) * each_byte) >> 56) * 8;
  const std::uint64_t rank_in_byte = rank - (((counts << 8) >> shift) & 0xff);
  return shift + bit_of_rank[rank_in_byte][(word >> shift) & 0xff];
}

} // namespace

ready_queue::place ready_queue::find_slowly(std::size_t i) const noexcept
{
  if (small_)
    for (std::size_t rank = 0;; ++rank)
    {
      const std::size_t slot = slot_of_rank(rank);
      if (!((held_[0] >> slot) & 1) && i-- == 0)
        return {slot, rank};
    }
  std::size_t word = 0;
  for (std::size_t reach = capacity_ / word_bits; reach != 0; reach /= 2)
  {
    const std::size_t next = word + reach;
    if (next > capacity_ / word_bits || sums_[next] > i)
      continue;
    i -= sums_[next];
    word = next;
  }
  const std::uint64_t free = live_[word] & ~held_[word];
  return {word * word_bits + select_bit(free, running_counts(free), i), 0};
}

void ready_queue::remove_slowly(place p, std::uint32_t waker) noexcept
{
  if (held_count_ != 0)
    release_after(p, waker);
  --size_;
  if (small_)
    free_small(p.slot, p.rank);
  else
    take_large(p.slot);
}

// `more` may be minus one: sums are taken modulo 2^32.
void ready_queue::count(std::size_t word, std::uint32_t more) noexcept
{
  for (std::size_t i = word + 1; i <= capacity_ / word_bits; i += i & (0 - i))
    sums_[i] += more;
}

void ready_queue::count_all() noexcept
{
  const std::size_t words = capacity_ / word_bits;
  std::fill_n(sums_.get(), words + 1, 0);
  for (std::size_t word = 0; word < words; ++word)
    if (const std::uint64_t free = live_[word] & ~held_[word])
      count(word, static_cast<std::uint32_t>(running_counts(free) >> 56));
}

void ready_queue::hold(std::size_t slot) noexcept
{
  held_[slot / word_bits] |= std::uint64_t{1} << (slot % word_bits);
  ++held_count_;
  see_whether_easy();
  if (!small_)
    count(slot / word_bits, ~std::uint32_t{0});
}

void ready_queue::release(std::size_t slot, std::uint32_t waker) noexcept
{
  const std::uint64_t bit = std::uint64_t{1} << (slot % word_bits);
  if ((held_[slot / word_bits] & bit) == 0)
    return;
  slots_[slot].waker = waker;
  --held_count_;
  held_[slot / word_bits] &= ~bit;
  see_whether_easy();
  if (!small_)
    count(slot / word_bits, 1);
}

void ready_queue::release_after(place p, std::uint32_t waker) noexcept
{
  if (small_)
  {
    if (p.rank + 1 < size_)
      release(slot_of_rank(p.rank + 1), waker);
    return;
  }
  for (std::size_t next = p.slot + 1; next < tail_; ++next)
    if ((live_[next / word_bits] >> (next % word_bits)) & 1)
    {
      release(next, waker);
      return;
    }
}

std::size_t ready_queue::rank_of(std::uint32_t arrival) const noexcept
{
  if (small_)
  {
    std::size_t rank = 0;
    for (std::size_t place = 0; place < size_; ++place)
    {
      const std::size_t slot = slot_of_rank(place);
      if ((held_[0] >> slot) & 1)
        continue;
      if (slots_[slot].arrival == arrival)
        return rank;
      ++rank;
    }
    return absent;
  }
  // Slots are in order of arrival, also those whose step has been taken.
  const ready_step* const begin = slots_.get();
  const ready_step* const end = slots_.get() + tail_;
  const ready_step* const found =
      std::lower_bound(begin, end, arrival, [](const ready_step& s, std::uint32_t a) { return s.arrival < a; });
  if (found == end || found->arrival != arrival)
    return absent;
  const auto slot = static_cast<std::size_t>(found - slots_.get());
  const std::uint64_t bit = std::uint64_t{1} << (slot % word_bits);
  if ((live_[slot / word_bits] & ~held_[slot / word_bits] & bit) == 0)
    return absent;
  const std::size_t last = slot / word_bits;
  std::size_t rank = running_counts(live_[last] & ~held_[last] & (bit - 1)) >> 56;
  for (std::size_t i = last; i != 0; i &= i - 1)
    rank += sums_[i];
  return rank;
}

std::size_t ready_queue::push_slowly()
{
  if (capacity_ == 0)
  {
    grow();
    return slot_of_rank(0);
  }
  if (small_ && size_ < small_size)
    return slot_of_rank(size_);
  if (small_)
    become_large();
  if (tail_ == capacity_)
    make_room();
  live_[tail_ / word_bits] |= std::uint64_t{1} << (tail_ % word_bits);
  count(tail_ / word_bits, 1);
  return tail_++;
}

void ready_queue::take_large(std::size_t slot) noexcept
{
  live_[slot / word_bits] &= ~(std::uint64_t{1} << (slot % word_bits));
  count(slot / word_bits, ~std::uint32_t{0});
  if (size_ != 0)
    return;
  small_ = true;
  see_whether_easy();
  tail_ = 0;
  order_ = 0xfedcba9876543210;
}

// The 16 steps of a full small queue, into slots in order of age.
void ready_queue::become_large()
{
  std::array<ready_step, small_size> steps;
  std::uint64_t held = 0;
  for (std::size_t rank = 0; rank < small_size; ++rank)
  {
    steps[rank] = slots_[slot_of_rank(rank)];
    held |= ((held_[0] >> slot_of_rank(rank)) & 1) << rank;
  }
  std::ranges::copy(steps, slots_.get());
  live_[0] = (std::uint64_t{1} << small_size) - 1;
  held_[0] = held;
  tail_ = small_size;
  small_ = false;
  see_whether_easy();
  count_all();
}

// All slots are used: more of them, or the gaps between those that are live are closed.
void ready_queue::make_room()
{
  if (size_ * 2 >= capacity_)
  {
    grow();
    return;
  }
  std::size_t to = 0;
  for (std::size_t word = 0; word < capacity_ / word_bits; ++word)
  {
    std::uint64_t live = live_[word];
    const std::uint64_t held = held_[word];
    live_[word] = held_[word] = 0;
    for (; live != 0; live &= live - 1, ++to)
    {
      const auto bit = static_cast<std::size_t>(std::countr_zero(live));
      const std::uint64_t to_bit = std::uint64_t{1} << (to % word_bits);
      slots_[to] = slots_[word * word_bits + bit];
      live_[to / word_bits] |= to_bit;
      if ((held >> bit) & 1)
        held_[to / word_bits] |= to_bit;
    }
  }
  tail_ = size_;
  count_all();
}

void ready_queue::grow()
{
  const std::size_t words = std::max<std::size_t>(capacity_ / word_bits * 2, 1);
  const auto enlarged = [&]<class T>(std::unique_ptr<T[]>& old, std::size_t used, std::size_t size) {
    auto larger = std::make_unique<T[]>(size);
    std::copy_n(old.get(), used, larger.get());
    old = std::move(larger);
  };
  enlarged(slots_, capacity_, words * word_bits);
  enlarged(live_, capacity_ / word_bits, words);
  enlarged(held_, capacity_ / word_bits, words);
  capacity_ = words * word_bits;
  see_whether_easy();
  sums_ = std::make_unique<std::uint32_t[]>(words + 1);
  if (!small_)
    count_all();
}

} // namespace detent
