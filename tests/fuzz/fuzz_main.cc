// Drives a fuzz target where libFuzzer is not at hand: runs LLVMFuzzerTestOneInput over each input
// of a corpus as it is, then over a number of mutations of them. The same arguments give the same
// inputs, so a failure on one machine is a failure on every machine. What libFuzzer can do beyond
// it is to follow coverage; the targets are the same for both.
//
//   fuzz_NAME --runs N [--seed S] [--crash-file FILE] CORPUS...
//
// CORPUS is a file, or a directory of which every file is taken. When an input ends the process (a
// signal, a sanitizer's report, more than ten seconds), it is written to FILE first; run the target
// on that file alone to see it again: fuzz_NAME --runs 0 FILE.

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "tests/fuzz/mutate.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
// There when a sanitizer is linked in.
extern "C" void __sanitizer_set_death_callback(void (*callback)()) __attribute__((weak));

namespace {

constexpr unsigned kSecondsPerInput = 10;

// What the handlers need: they may call nothing that allocates.
const std::string* current_input = nullptr;
const char* crash_file = nullptr;

void save_input() {
  if (current_input == nullptr) return;
  const int fd = open(crash_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return;
  const ssize_t written = write(fd, current_input->data(), current_input->size());
  close(fd);
  const char text[] = "fuzz: this input is at fault, see the crash file\n";
  if (written < 0 || write(STDERR_FILENO, text, sizeof text - 1) < 0) return;
}

// SA_RESETHAND: raised again, the signal ends the process as if nobody had looked.
void on_signal(int signal_number) {
  save_input();
  raise(signal_number);
}

void watch_for_death() {
  if (__sanitizer_set_death_callback != nullptr) __sanitizer_set_death_callback(save_input);
  for (const int signal_number : {SIGABRT, SIGALRM, SIGBUS, SIGFPE, SIGILL, SIGSEGV}) {
    struct sigaction action {};
    action.sa_handler = on_signal;
    action.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
    sigaction(signal_number, &action, nullptr);
  }
}

void run(const std::string& input) {
  current_input = &input;
  alarm(kSecondsPerInput);
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
  alarm(0);
  current_input = nullptr;
}

std::string read_input(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// In the order of their names: directories have none of their own.
std::vector<std::string> read_corpus(const std::vector<std::string>& paths) {
  std::vector<std::filesystem::path> files;
  for (const std::string& path : paths) {
    if (!std::filesystem::is_directory(path)) {
      files.emplace_back(path);
      continue;
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  std::vector<std::string> corpus;
  for (const auto& file : files) corpus.push_back(read_input(file));
  return corpus;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Runs a fuzz target over a corpus and mutations of it.");
  std::uint64_t runs = 0;
  std::uint64_t seed = 1;
  std::string crash_path = "fuzz-crash-input";
  std::vector<std::string> paths;
  app.add_option("--runs", runs, "how many mutations to run")->required();
  app.add_option("--seed", seed, "other seeds give other mutations");
  app.add_option("--crash-file", crash_path, "where to write an input that ends the process");
  app.add_option("corpus", paths, "files, or directories of them")
      ->required()
      ->check(CLI::ExistingPath);
  CLI11_PARSE(app, argc, argv);

  const std::vector<std::string> corpus = read_corpus(paths);
  if (corpus.empty()) {
    std::cerr << "the corpus is empty\n";
    return 1;
  }
  crash_file = crash_path.c_str();
  watch_for_death();
  for (const std::string& input : corpus) run(input);
  for (std::uint64_t i = 0; i < runs; ++i) run(portico::mutate(corpus, seed, i));
  std::cout << corpus.size() << " inputs and " << runs << " mutations, none at fault\n";
  return 0;
}
