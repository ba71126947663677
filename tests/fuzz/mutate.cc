#include "tests/fuzz/mutate.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace portico {
namespace {

constexpr std::size_t kMaxSize = 65536;
constexpr std::size_t kMaxBlock = 64;

// splitmix64 (Steele, Lea and Flood 2014): unlike the distributions of <random>, the same with
// every standard library.
class Random {
 public:
  explicit Random(std::uint64_t state) : state_(state) {}

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  // 0 ... bound - 1. Requires bound > 0.
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(next() % bound); }
  char byte() { return static_cast<char>(next() & 0xff); }

 private:
  std::uint64_t state_;
};

// A block of `text`: where it begins and how long it is.
struct Block {
  std::size_t begin;
  std::size_t size;
};

Block some_block(const std::string& text, Random* random) {
  const std::size_t begin = random->below(text.size());
  const std::size_t most = std::min(kMaxBlock, text.size() - begin);
  return {begin, 1 + random->below(most)};
}

// Values at which something changes its sign, its length or its meaning.
char edge_byte(Random* random) {
  static constexpr std::array<unsigned char, 16> kEdges = {
      0, 1, 0x0a, ' ', '0', '-', ':', '[', '{', 0x7f, 0x80, 0xc0, 0xf8, 0xfe, 0xff, '"'};
  return static_cast<char>(kEdges[random->below(kEdges.size())]);
}

void mutate_once(std::string* text, const std::string& other, Random* random) {
  if (text->empty()) text->push_back(random->byte());
  const Block block = some_block(*text, random);
  const std::size_t place = random->below(text->size() + 1);
  char& byte = (*text)[block.begin];
  switch (random->below(9)) {
    case 0:
      byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1u << random->below(8)));
      break;
    case 1:
      byte = random->byte();
      break;
    case 2:
      byte = edge_byte(random);
      break;
    case 3:
      text->insert(text->begin() + static_cast<std::ptrdiff_t>(place), edge_byte(random));
      break;
    case 4:
      text->erase(block.begin, block.size);
      break;
    case 5:
      text->resize(block.begin);
      break;
    case 6:
      text->insert(place, text->substr(block.begin, block.size));
      break;
    case 7:
      text->replace(block.begin, block.size, std::string(block.size, byte));
      break;
    default:
      if (other.empty()) break;
      const Block taken = some_block(other, random);
      text->insert(place, other, taken.begin, taken.size);
  }
}

}  // namespace

std::string mutate(const std::vector<std::string>& corpus, std::uint64_t seed,
                   std::uint64_t index) {
  Random random(seed * 0x2545f4914f6cdd1d + index);
  std::string text = corpus[random.below(corpus.size())];
  const std::string& other = corpus[random.below(corpus.size())];
  // One change is the most telling; several together reach further.
  const std::size_t changes = std::size_t{1} << random.below(5);
  for (std::size_t i = 0; i < changes; ++i) mutate_once(&text, other, &random);
  if (text.size() > kMaxSize) text.resize(kMaxSize);
  return text;
}

}  // namespace portico
