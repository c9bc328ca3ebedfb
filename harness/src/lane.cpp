#include <detent/lane.hpp>

#include <algorithm>

namespace detent {

void ready_queue::grow()
{
  const std::size_t capacity = ring_ ? (mask_ + 1) * 2 : 16;
  auto larger = std::make_unique<ready_step[]>(capacity);
  for (std::size_t i = 0; i < size_; ++i)
    larger[i] = at(i);
  ring_ = std::move(larger);
  head_ = 0;
  mask_ = capacity - 1;
}

ready_step ready_queue::take(std::size_t i) noexcept
{
  if (i == 0)
    return take_front();
  const ready_step taken = at(i);
  if (i + 1 < size_ && at(i + 1).follows)
    release(i + 1);
  // Close the gap from the shorter side.
  if (i < size_ / 2)
  {
    for (std::size_t j = i; j > 0; --j)
      at(j) = at(j - 1);
    head_ = (head_ + 1) & mask_;
  }
  else
  {
    for (std::size_t j = i; j + 1 < size_; ++j)
      at(j) = at(j + 1);
  }
  --size_;
  return taken;
}

std::size_t ready_queue::free_index(std::size_t i) const noexcept
{
  if (held_ == 0)
    return i;
  std::size_t at = 0;
  while ((*this)[at].follows || i-- > 0)
    ++at;
  return at;
}

} // namespace detent
