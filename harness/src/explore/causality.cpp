#include "causality.hpp"

#include <detent/random.hpp>

#include <algorithm>
#include <unordered_map>

namespace detent {
namespace {

struct object_history
{
  std::uint32_t last_write = ~std::uint32_t{0};
  std::vector<std::uint32_t> reads; // since then
};

constexpr std::uint32_t nobody = ~std::uint32_t{0};

} // namespace

causality::causality(const recording& run, bool clock_waits)
  : size_(run.trace().size()), words_((size_ + 63) / 64), rows_(size_ * words_), races_(size_)
{
  const auto trace = run.trace();
  std::unordered_map<std::uint64_t, object_history> objects;
  std::unordered_map<std::uint64_t, std::uint32_t> last_of; // by actor
  std::vector<std::uint32_t> direct;
  std::vector<std::uint32_t> candidates;
  for (std::uint32_t j = 0; j < size_; ++j)
  {
    const trace_event& e = trace[j];
    direct.clear();
    candidates.clear();
    const std::uint32_t waker = e.waker != 0 ? e.waker - 1 : nobody;
    if (waker != nobody)
      direct.push_back(waker);
    const auto [own, is_first] = last_of.try_emplace(e.actor, j);
    if (!is_first && (e.task == clock_task || (waker != nobody && waker >= own->second)))
      direct.push_back(own->second);
    own->second = j;
    const auto conflicts_with = [&](std::uint32_t i) {
      if (i == nobody || i == j)
        return;
      direct.push_back(i);
      candidates.push_back(i);
    };
    for (const access_record& a : run.accesses_of(j))
    {
      object_history& o = objects[a.object];
      if (a.how == access::read)
      {
        conflicts_with(o.last_write);
        o.reads.push_back(j);
        continue;
      }
      if (o.reads.empty())
        conflicts_with(o.last_write);
      else
        for (const std::uint32_t reader : o.reads)
          conflicts_with(reader);
      if (!o.reads.empty())
        conflicts_with(o.last_write);
      o.last_write = j;
      o.reads.clear();
    }
    for (const std::uint32_t i : direct)
      follow(j, i);
    if (clock_waits && e.task == clock_task)
    {
      for (std::uint32_t i = 0; i < j; ++i)
        follow(j, i);
      candidates.clear();
    }
    find_races(j, candidates, direct);
    std::erase(races_[j], waker);
    if (e.task == clock_task) // its moves are in order of themselves
      std::erase_if(races_[j], [&](std::uint32_t i) { return trace[i].task == clock_task; });

    std::uint64_t past = 0;
    for (std::uint32_t i = 0; i < j; ++i)
      if (before(i, j))
        past += trace[i].name;
    partial_order_ += mix(e.name, past);
  }
  std::unordered_map<std::uint64_t, std::uint64_t> values; // each task's, in order
  for (const choice& c : run.choices())
    if (c.kind != choice_kind::step)
    {
      std::uint64_t& chosen = values.try_emplace(run.tasks()[c.task].label, run.tasks()[c.task].label).first->second;
      chosen = mix(chosen, c.index);
    }
  for (const auto& [task, chosen] : values)
    partial_order_ += mix(chosen, 3);
}

void causality::follow(std::size_t j, std::size_t i)
{
  std::uint64_t* to = rows_.data() + j * words_;
  const std::uint64_t* from = row(i);
  for (std::size_t w = 0; w <= i / 64; ++w)
    to[w] |= from[w];
  to[i / 64] |= std::uint64_t{1} << (i % 64);
}

void causality::find_races(
    std::size_t j, std::vector<std::uint32_t>& candidates, const std::vector<std::uint32_t>& direct)
{
  std::ranges::sort(candidates);
  const auto repeated = std::ranges::unique(candidates);
  candidates.erase(repeated.begin(), repeated.end());
  for (const std::uint32_t i : candidates)
    if (std::ranges::none_of(direct, [&](std::uint32_t k) { return k != i && before(i, k); }))
      races_[j].push_back(i);
}

} // namespace detent
