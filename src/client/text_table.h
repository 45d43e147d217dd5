// TextTable: rows in aligned columns, for people.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace laminar::client {

enum class Colour : uint8_t { kNone, kGood, kWarning, kBad, kFaint };

struct TableStyle {
  size_t width = 0;      // of the terminal; what the last column has beyond it is cut. 0 = nothing is cut
  bool colours = false;  // as escape sequences
};

class TextTable {
 public:
  enum class Align : uint8_t { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kLeft;
  };
  struct Cell {
    Cell(std::string shown, Colour in = Colour::kNone)
        : text(std::move(shown)), colour(in) {}  // NOLINT(google-explicit-constructor)
    Cell(const char* shown) : text(shown) {}     // NOLINT(google-explicit-constructor)
    std::string text;
    Colour colour = Colour::kNone;
  };

  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}
  // As many cells as columns. Their texts are made printable.
  void Add(std::vector<Cell> row);
  // The titles and a line for each row; without columns that are empty in every row. Lines have no space at their ends.
  std::string Render(const TableStyle& style = {}) const;

 private:
  const std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

// "name      copy\nstate     Running\n": names in one column; values of several lines stand below their name, indented.
// Those that are empty are left out.
std::string RenderFields(const std::vector<std::pair<std::string, std::string>>& fields);

}  // namespace laminar::client
