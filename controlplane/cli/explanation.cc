#include "controlplane/cli/explanation.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "controlplane/cli/parse.h"
#include "controlplane/cli/text.h"
#include "controlplane/cli/words.h"

namespace portico::cli {
namespace {

// Select Graphic Rendition (ECMA-48, 8.3.117).
enum class Style { kBold, kDim, kStage, kChanged, kGood, kBad, kOther };

absl::string_view escape(Style style) {
  switch (style) {
    case Style::kBold:
      return "\x1b[1m";
    case Style::kDim:
      return "\x1b[2m";
    case Style::kStage:
      return "\x1b[36m";
    case Style::kChanged:
      return "\x1b[1;33m";
    case Style::kGood:
      return "\x1b[1;32m";
    case Style::kBad:
      return "\x1b[1;31m";
    case Style::kOther:
      return "\x1b[1;35m";
  }
  return "";
}

// What there is one of for every verdict.
struct Ending {
  absl::string_view word;
  absl::string_view mark;  // where more than ASCII is welcome
  Style style;
};

Ending ending(v1::ExplainResponse::Verdict verdict) {
  switch (verdict) {
    case v1::ExplainResponse::VERDICT_FORWARD:
      return {"FORWARD", "✓ ", Style::kGood};
    case v1::ExplainResponse::VERDICT_DROP:
      return {"DROP", "✗ ", Style::kBad};
    case v1::ExplainResponse::VERDICT_REFUSE:
      return {"REFUSE", "↩ ", Style::kBad};
    case v1::ExplainResponse::VERDICT_PUNT:
      return {"PUNT", "↷ ", Style::kOther};
    default:
      return {"UNKNOWN", "? ", Style::kBad};
  }
}

class Writer {
 public:
  Writer(const v1::ExplainRequest& request, const v1::ExplainResponse& response,
         const Environment& environment)
      : request_(request),
        response_(response),
        environment_(environment),
        arrow_(environment.unicode ? "→" : "->") {}

  std::string write() {
    write_question();
    write_steps();
    if (response_.has_source() || response_.has_destination()) write_packet();
    write_verdict();
    return text_;
  }

 private:
  std::string paint(Style style, absl::string_view text) const {
    if (!environment_.color || absl::StripAsciiWhitespace(text).empty()) return std::string(text);
    return absl::StrCat(escape(style), text, "\x1b[0m");
  }

  // To `width` columns; blanks are never painted.
  static std::string padding(absl::string_view text, std::size_t width) {
    const std::size_t columns = display_width(text);
    return std::string(columns < width ? width - columns : 0, ' ');
  }

  std::vector<std::string> wrapped(const std::string& text, std::size_t indent) const {
    constexpr std::size_t kNarrowest = 24;
    if (environment_.width < indent + kNarrowest) return {printable(text)};
    return wrap(printable(text), environment_.width - indent);
  }

  std::string client() const { return to_string(request_.source(), request_.source_port()); }
  std::string target() const {
    return to_string(request_.destination(), request_.destination_port());
  }

  std::string icmp_error() const {
    const auto& error = request_.icmp_error();
    const std::string kind =
        enum_word(v1::ExplainRequest::IcmpError::Kind_Name(error.kind()), "KIND_");
    return absl::StrCat("ICMP ", kind, error.mtu() == 0 ? "" : absl::StrCat(" ", error.mtu()));
  }

  void write_question() {
    std::string packet = to_string(request_.protocol());
    if (request_.protocol() == v1::PROTOCOL_TCP) {
      absl::StrAppend(&packet, " ", tcp_flags_to_string(request_.tcp_flags()));
    }
    if (request_.protocol() == v1::PROTOCOL_SCTP) {
      absl::StrAppend(&packet, " ", sctp_chunk_to_string(request_.sctp_chunk()));
    }
    const bool v6 = absl::StrContains(request_.source(), ':');
    const std::string arrival = absl::StrCat(
        "arrives at ", request_.in_port().empty() ? "the first uplink" : request_.in_port(),
        " with ", v6 ? "hop limit " : "TTL ", request_.ttl(), ", worker ", response_.worker(),
        " decides");
    if (request_.has_icmp_error()) {
      write_line(icmp_error(), request_.icmp_error().sender(), request_.source());
      absl::StrAppend(&text_, "quotes ");
    }
    write_line(packet, client(), target());
    absl::StrAppend(&text_, paint(Style::kDim, arrival), "\n\n");
  }

  void write_line(absl::string_view what, absl::string_view from, absl::string_view to) {
    absl::StrAppend(&text_, paint(Style::kBold, what), "  ", paint(Style::kBold, from), " ", arrow_,
                    " ", paint(Style::kBold, to), "\n");
  }

  // A line down the left side leads from the first stage to the last.
  absl::string_view rail(int step) const {
    if (!environment_.unicode) return "";
    if (response_.steps_size() == 1) return "╶ ";
    if (step == 0) return "┌ ";
    return step + 1 == response_.steps_size() ? "└ " : "├ ";
  }
  absl::string_view rail_between(int step) const {
    if (!environment_.unicode) return "";
    return step + 1 == response_.steps_size() ? "  " : "│ ";
  }

  void write_steps() {
    if (response_.steps().empty()) return;
    std::size_t width = 0;
    for (const auto& step : response_.steps()) {
      width = std::max(width, display_width(printable(step.stage())));
    }
    for (int i = 0; i < response_.steps_size(); ++i) {
      const bool ends_here = i + 1 == response_.steps_size() &&
                             (response_.verdict() == v1::ExplainResponse::VERDICT_DROP ||
                              response_.verdict() == v1::ExplainResponse::VERDICT_REFUSE);
      write_step(i, width, ends_here ? Style::kBad : Style::kStage);
    }
    absl::StrAppend(&text_, "\n");
  }

  void write_step(int i, std::size_t width, Style style) {
    const auto& step = response_.steps(i);
    const std::string stage = printable(step.stage());
    const std::string blank(width, ' ');
    bool first = true;
    for (const std::string& line : wrapped(step.decision(), 2 + 2 + width + 2)) {
      absl::StrAppend(&text_, "  ", paint(Style::kDim, first ? rail(i) : rail_between(i)),
                      first ? absl::StrCat(paint(style, stage), padding(stage, width)) : blank,
                      "  ", line, "\n");
      first = false;
    }
  }

  // Without a port it is an answer of another protocol, such as an ICMP error.
  static std::string after(const v1::Connection::Socket& socket) {
    return socket.port() == 0 ? printable(socket.address()) : printable(to_string(socket));
  }

  // An address of what arrives, and what becomes of it.
  struct Side {
    absl::string_view name;
    std::string before, after;
  };

  void write_packet() {
    std::vector<Side> sides = {{"source", client(), after(response_.source())},
                               {"destination", target(), after(response_.destination())}};
    if (request_.has_icmp_error()) {
      sides[0].before = request_.icmp_error().sender();
      sides[1].before = request_.source();
      sides.push_back({"quoted source", client(), after(response_.quoted_source())});
      sides.push_back({"quoted destination", target(), after(response_.quoted_destination())});
    }
    std::size_t names = 0, width = 0;
    for (const Side& side : sides) {
      names = std::max(names, side.name.size());
      width = std::max(width, side.before.size());
    }
    for (const Side& side : sides) write_side(side, names, width);
    absl::StrAppend(&text_, "\n");
  }

  void write_side(const Side& side, std::size_t names, std::size_t width) {
    const bool same = side.before == side.after || side.after.empty();
    absl::StrAppend(&text_, "  ", side.name, padding(side.name, names), "  ", side.before,
                    padding(side.before, width), "  ");
    if (same) {
      absl::StrAppend(&text_, paint(Style::kDim, "unchanged"), "\n");
    } else {
      absl::StrAppend(&text_, arrow_, "  ", paint(Style::kChanged, side.after), "\n");
    }
  }

  std::string outcome() const {
    const std::string& port = response_.out_port();
    switch (response_.verdict()) {
      case v1::ExplainResponse::VERDICT_FORWARD:
        return port.empty() ? "" : "leaves by port " + port;
      case v1::ExplainResponse::VERDICT_DROP:
      case v1::ExplainResponse::VERDICT_REFUSE:
        return response_.drop_reason();
      case v1::ExplainResponse::VERDICT_PUNT:
        return absl::StrCat("the slow path takes the packet over",
                            port.empty() ? "" : absl::StrCat(", to send it by port ", port));
      default:
        return "this gateway's verdict is newer than this porticoctl";
    }
  }

  void write_verdict() {
    const Ending end = ending(response_.verdict());
    const std::string mark(environment_.unicode ? end.mark : "");
    const std::string meaning = printable(response_.drop_meaning());
    absl::StrAppend(&text_, paint(end.style, absl::StrCat(mark, end.word)));
    if (!outcome().empty()) absl::StrAppend(&text_, "  ", printable(outcome()));
    absl::StrAppend(&text_, "\n");
    if (meaning.empty()) return;
    const std::string indent(display_width(mark) + end.word.size() + 2, ' ');
    for (const std::string& line : wrapped(meaning, indent.size())) {
      absl::StrAppend(&text_, indent, line, "\n");
    }
  }

  const v1::ExplainRequest& request_;
  const v1::ExplainResponse& response_;
  const Environment& environment_;
  const absl::string_view arrow_;
  std::string text_;
};

}  // namespace

std::string explanation_text(const v1::ExplainRequest& request, const v1::ExplainResponse& response,
                             const Environment& environment) {
  return Writer(request, response, environment).write();
}

}  // namespace portico::cli
