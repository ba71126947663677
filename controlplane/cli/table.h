#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace portico::cli {

// Columns for people: a header in upper case, cells aligned by what they take on a terminal, two
// blanks between columns, none at a line's end. An empty cell is shown as "-".
class Table {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    Column(const char* text, Align side = Align::kLeft) : header(text), align(side) {}  // NOLINT
    std::string header;
    Align align;
  };

  explicit Table(std::vector<Column> columns);

  // Requires as many cells as there are columns.
  void add(std::vector<std::string> cells);
  bool empty() const { return rows_.empty(); }

  void print(std::ostream& out) const;

 private:
  void print_row(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths,
                 std::ostream& out) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

inline constexpr Table::Align kRight = Table::Align::kRight;

}  // namespace portico::cli
