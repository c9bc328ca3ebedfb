#include <detent/task.hpp>

#include <catch2/catch.hpp>

#include <vector>

TEST_CASE("a task is named by the path of its spawns", "[task]")
{
  std::vector<detent::task_record> storage(8);
  detent::task_table tasks(storage);
  const auto first = tasks.child(detent::main_task, 0);
  const auto second = tasks.child(detent::main_task, 0);
  const auto grandchild = tasks.child(second, 3);
  REQUIRE(task_path(storage, detent::main_task) == "main");
  REQUIRE(task_path(storage, first) == "main.1");
  REQUIRE(task_path(storage, grandchild) == "main.2.1");
  REQUIRE(tasks[grandchild].spawned_at == 3);

  tasks.name(second, "producer");
  REQUIRE(task_name(storage, second) == "producer");
  REQUIRE(task_path(storage, grandchild) == "main.2.1");
  tasks.name(first, std::string(100, 'x'));
  REQUIRE(task_name(storage, first) == std::string(31, 'x'));
}

TEST_CASE("a label depends on the path alone, not on the order of spawns", "[task]")
{
  std::vector<detent::task_record> storage(16);
  detent::task_table tasks(storage);
  const auto a = tasks.child(detent::main_task, 0);
  const auto b = tasks.child(detent::main_task, 0);
  const auto b1 = tasks.label(tasks.child(b, 0));
  const auto a1 = tasks.label(tasks.child(a, 0));
  tasks.clear();
  const auto a_again = tasks.child(detent::main_task, 0);
  const auto b_again = tasks.child(detent::main_task, 0);
  REQUIRE(tasks.label(tasks.child(a_again, 9)) == a1);
  REQUIRE(tasks.label(tasks.child(b_again, 9)) == b1);
  REQUIRE(a1 != b1);
}

TEST_CASE("a full table gives the steps to the parent", "[task]")
{
  std::vector<detent::task_record> storage(2);
  detent::task_table tasks(storage);
  const auto only = tasks.child(detent::main_task, 0);
  REQUIRE(tasks.child(only, 0) == only);
  REQUIRE(tasks.child(detent::main_task, 0) == detent::main_task);
}
