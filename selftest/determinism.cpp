// Prints the trace hashes of every example for one seed: they must be equal in every process and every build.
//
//     determinism SEED [BYTES]     with BYTES, the heap is shifted by odd blocks first
#include "catalogue.hpp"

#include <detent/asio.hpp>

#include <cstdio>
#include <cstdlib>

int main(int argc, char** argv)
{
  std::vector<std::unique_ptr<char[]>> shift;
  if (argc > 2)
    for (std::size_t size = std::strtoul(argv[2], nullptr, 10); size > 16; size = size * 2 / 3)
      shift.push_back(std::make_unique<char[]>(size));
  for (const catalogue::example& e : catalogue::all())
    for (const catalogue::scenario& code : {e.broken, e.fixed})
      for (const detent::ordering order : {detent::ordering::fifo, detent::ordering::any})
      {
        detent::options how;
        how.name = e.name;
        how.source_lines = false;
        how.seed = std::strtoull(argv[1], nullptr, 10);
        how.order = order;
        const detent::result r = detent::simulate(how, [&](detent::simulation& sim) { return code(sim.executor()); });
        std::printf("%s %016llx\n", e.name.c_str(), static_cast<unsigned long long>(r.hash));
      }
}
