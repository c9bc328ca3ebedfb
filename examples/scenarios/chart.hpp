// A chart with an x and a y axis, drawn as SVG.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace scenarios {

struct point
{
  double x;
  double y;
};

struct series
{
  enum kind
  {
    line,
    steps, // holds until the next point
    bars,  // from its x to the next one's
    spans  // pairs of points: from the first one's x to the second one's, at their y
  };

  void add(double x, double y) { points.push_back({x, y}); }

  std::string name;
  kind drawn_as = line;
  std::vector<point> points;
};

struct chart
{
  std::string title;
  std::string x;
  std::string y;
  std::vector<series> all;
  double x_to = 0; // 0: as far as there are points
};

void draw(std::ostream& out, const chart& what);

} // namespace scenarios
