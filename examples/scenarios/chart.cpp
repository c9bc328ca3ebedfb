#include "chart.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ostream>

namespace scenarios {
namespace {

constexpr double width = 720, height = 300;
constexpr double left = 70, right = 20, top = 52, bottom = 46;

// Told apart also by those who see few colours (M. Okabe, K. Ito).
constexpr std::array colours{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00"};

constexpr auto style = "text{font:12px system-ui,sans-serif;fill:#222}.title{font-weight:600;font-size:14px}"
                       ".grid{stroke:#ddd}.ground{fill:#fff}"
                       "@media(prefers-color-scheme:dark){text{fill:#ddd}.grid{stroke:#444}.ground{fill:#181818}}";

std::string with(const char* format, double a, double b = 0, double c = 0, double d = 0)
{
  std::array<char, 200> text{};
  std::snprintf(text.data(), text.size(), format, a, b, c, d);
  return text.data();
}

std::string quoted(const std::string& text)
{
  std::string made;
  for (const char letter : text)
    if (letter == '&')
      made += "&amp;";
    else if (letter == '<')
      made += "&lt;";
    else
      made += letter;
  return made;
}

// 1, 2 or 5 times a power of ten, for about so many steps.
double step_for(double range, int steps)
{
  const double rough = range / steps;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1., 2., 5.})
    if (rough <= factor * power)
      return factor * power;
  return 10 * power;
}

class picture
{
public:
  picture(std::ostream& out, const chart& what) : out_(out), what_(what)
  {
    for (const series& one : what.all)
      for (const point& p : one.points)
      {
        x_to_ = what.x_to != 0 ? what.x_to : std::max(x_to_, p.x);
        if (p.x <= x_to_)
          y_to_ = std::max(y_to_, p.y);
      }
    x_to_ = x_to_ == 0 ? 1 : x_to_;
    y_to_ = y_to_ == 0 ? 1 : y_to_ * 1.05;
  }

  void draw()
  {
    out_ << with(R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" role="img">)", width, height)
         << "\n<title>" << quoted(what_.title) << "</title>\n<style>" << style << "</style>\n"
         << with(R"(<rect class="ground" width="%g" height="%g"/>)", width, height) << '\n'
         << R"(<text class="title" x="12" y="20">)" << quoted(what_.title) << "</text>\n";
    axes();
    double x = left;
    for (std::size_t i = 0; i < what_.all.size(); ++i)
    {
      if (!what_.all[i].name.empty())
      {
        out_ << with(R"(<rect x="%g" y="%g" width="12" height="12" )", x, 30) << "fill=\"" << colours[i] << "\"/>"
             << with(R"(<text x="%g" y="%g">)", x + 17, 40) << quoted(what_.all[i].name) << "</text>\n";
        x += 40 + 7.0 * static_cast<double>(what_.all[i].name.size());
      }
      draw(what_.all[i], colours[i]);
    }
    out_ << "</svg>\n";
  }

private:
  double at_x(double x) const { return left + std::min(x / x_to_, 1.) * (width - left - right); }
  double at_y(double y) const { return height - bottom - y / y_to_ * (height - top - bottom); }

  void axes()
  {
    const double x_step = step_for(x_to_, 10);
    const double y_step = step_for(y_to_, 5);
    const bool has_values = std::ranges::any_of(what_.all, [](const series& s) { return s.drawn_as != series::spans; });
    for (int i = 0; has_values && i * y_step <= y_to_; ++i)
    {
      out_ << with(R"(<line class="grid" x1="%g" x2="%g" y1="%g" y2="%g"/>)", left, width - right, at_y(i * y_step),
          at_y(i * y_step))
           << with(R"(<text x="%g" y="%g" text-anchor="end">%g</text>)", left - 6, at_y(i * y_step) + 4, i * y_step)
           << '\n';
    }
    for (int i = 0; i * x_step <= x_to_ * 1.0001; ++i)
      out_ << with(
          R"(<text x="%g" y="%g" text-anchor="middle">%g</text>)", at_x(i * x_step), height - bottom + 16, i * x_step)
           << '\n';
    out_ << with(R"(<text x="%g" y="%g" text-anchor="end">)", width - right, height - 10) << quoted(what_.x)
         << "</text>\n"
         << with(R"(<text x="%g" y="%g">)", 12, 40) << quoted(what_.y) << "</text>\n";
  }

  void draw(const series& one, const char* colour)
  {
    if (one.drawn_as == series::line || one.drawn_as == series::steps)
      return outline(one, colour);
    const std::size_t by = one.drawn_as == series::spans ? 2 : 1;
    for (std::size_t i = 0; i + 1 < one.points.size(); i += by)
    {
      const point& from = one.points[i];
      const double x = at_x(from.x);
      const double across = std::max(0.5, at_x(one.points[i + 1].x) - x);
      const bool is_span = one.drawn_as == series::spans;
      const double up = is_span ? at_y(from.y) - 8 : at_y(from.y);
      const double high = is_span ? 16 : at_y(0) - up;
      if (from.x <= x_to_ && high > 0)
        out_ << with(R"(<rect x="%.5g" y="%.5g" width="%.4g" height="%.4g" )", x, up, across, high) << "fill=\""
             << colour << "\" fill-opacity=\"0.75\"/>\n";
    }
  }

  void outline(const series& one, const char* colour)
  {
    out_ << R"(<polyline fill="none" stroke-width="2" stroke=")" << colour << R"(" points=")";
    const point* last = nullptr;
    for (const point& p : one.points)
    {
      if (last && one.drawn_as == series::steps)
        out_ << with("%.5g,%.5g ", at_x(p.x), at_y(last->y));
      if (p.x > x_to_)
        break;
      out_ << with("%.5g,%.5g ", at_x(p.x), at_y(p.y));
      last = &p;
    }
    out_ << "\"/>\n";
  }

  std::ostream& out_;
  const chart& what_;
  double x_to_ = 0;
  double y_to_ = 0;
};

} // namespace

void draw(std::ostream& out, const chart& what) { picture(out, what).draw(); }

} // namespace scenarios
