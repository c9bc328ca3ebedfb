// An archive is finished when as many files are done as were added; a file that is missing is taken back. After the
// example of NodeRacer (ICST 2020).
#pragma once

#include "sync.hpp"

#include <detent/shared.hpp>

namespace corpus {

inline task archive_counters(executor on, variant which)
{
  detent::shared<int> entries = 0;
  detent::shared<int> done = 0;
  int finished = 0;
  const auto finish_if_done = [&] {
    detent::touch(&finished, detent::access::write);
    finished += done == entries;
  };
  const auto add = [&](bool exists) -> task {
    entries = entries + 1;
    co_await yield(on); // stat
    if (!exists)
    {
      entries = entries - 1;
      if (which == variant::fixed)
        finish_if_done();
      co_return;
    }
    co_await yield(on, 2); // read
    done = done + 1;
    finish_if_done();
  };
  // The fixed archive counts itself as an entry until all have been added.
  if (which == variant::fixed)
    entries = 1;
  group files(on);
  files.spawn(add(true));
  files.spawn(add(false));
  files.spawn(add(true));
  if (which == variant::fixed)
  {
    co_await yield(on, 3);
    co_await files.join();
    entries = entries - 1;
    finish_if_done();
  }
  else
    co_await files.join();
  check(finished == 1, "the archive was not finished exactly once");
}

} // namespace corpus
