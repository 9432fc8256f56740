#include "wire/exposition.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

namespace kizashi {
namespace {

std::vector<ExpositionSample> Read(std::string_view text, Status* status = nullptr,
                                   ExpositionFormat format = ExpositionFormat::kText) {
  std::vector<ExpositionSample> samples;
  const Status result = ParseExposition(
      text, [&](const ExpositionSample& s) { samples.push_back(s); }, format);
  if (status != nullptr) {
    *status = result;
  } else {
    EXPECT_TRUE(result.ok()) << result;
  }
  return samples;
}

std::string ErrorOf(std::string_view text) {
  Status status;
  Read(text, &status);
  return std::string(Message(status));
}

TEST(ExpositionTest, ReadsSamplesBetweenCommentsAndBlankLines) {
  const auto samples = Read(
      "# HELP up whether it is\n# TYPE up gauge\n\nup 1\n"
      "  http_requests_total{method=\"post\",code=\"200\"}\t1027 1395066363000\n"
      "# a comment\nlast -3.5e-2");
  ASSERT_EQ(samples.size(), 3u);
  EXPECT_EQ(samples[0].series, "up");
  EXPECT_EQ(samples[0].value, 1);
  EXPECT_FALSE(samples[0].timestamp);
  EXPECT_EQ(samples[1].series, "http_requests_total{method=\"post\",code=\"200\"}");
  EXPECT_EQ(samples[1].value, 1027);
  EXPECT_EQ(samples[1].timestamp, TimeFromMs(1395066363000));
  EXPECT_EQ(samples[2].series, "last");
  EXPECT_EQ(samples[2].value, -3.5e-2);
}

TEST(ExpositionTest, ReadsNumbersThatAreNoNumbers) {
  const auto samples = Read("a NaN\nb +Inf\nc -Inf\nd Inf\ne 1e999\nf +7\n");
  ASSERT_EQ(samples.size(), 6u);
  EXPECT_TRUE(std::isnan(samples[0].value));
  EXPECT_EQ(samples[1].value, std::numeric_limits<double>::infinity());
  EXPECT_EQ(samples[2].value, -std::numeric_limits<double>::infinity());
  EXPECT_EQ(samples[3].value, std::numeric_limits<double>::infinity());
  EXPECT_EQ(samples[4].value, std::numeric_limits<double>::infinity());
  EXPECT_EQ(samples[5].value, 7);
}

TEST(ExpositionTest, ReadsOpenMetrics) {
  const std::string text =
      "# TYPE a counter\n# UNIT a seconds\n"
      "a_bucket{le=\"1\"} 8 1520879607.789 # {id=\"x y\"} 0.5 1520879607\n"
      "a_total 2 # {} 1\n# EOF\n";
  const auto samples = Read(text, nullptr, ExpositionFormat::kOpenMetrics);
  ASSERT_EQ(samples.size(), 2u);
  EXPECT_EQ(samples[0].value, 8);
  EXPECT_EQ(samples[0].timestamp, TimeFromMs(1520879607789));
  EXPECT_EQ(samples[0].exemplar, " {id=\"x y\"} 0.5 1520879607");
  EXPECT_EQ(samples[1].series, "a_total");
  EXPECT_EQ(samples[1].exemplar, " {} 1");
  // In the text format the same is read, with times in milliseconds, and the end need not come.
  EXPECT_EQ(Read(text)[0].timestamp, TimeFromMs(1520879608));
  EXPECT_EQ(Read(text + "behind 1\n").size(), 2u);
}

TEST(ExpositionTest, OpenMetricsMustEndWell) {
  const auto error = [](std::string_view text) {
    Status status;
    Read(text, &status, ExpositionFormat::kOpenMetrics);
    return std::string(Message(status));
  };
  EXPECT_EQ(error("a 1\n# EOF"), "");
  EXPECT_EQ(error("a 1\n"), "line 2: expected '# EOF' at the end, found 'nothing'");
  EXPECT_EQ(error(""), "line 1: expected '# EOF' at the end, found 'nothing'");
  EXPECT_EQ(error("# EOF\na 1\n"), "line 2: expected nothing behind '# EOF', found 'a 1\n'");
  EXPECT_EQ(error("a 1 1e300\n# EOF"), "line 1: expected a number as timestamp, found '1e300'");
}

TEST(ExpositionTest, TheContentTypeSaysTheFormat) {
  EXPECT_EQ(ExpositionFormatOf("application/openmetrics-text; version=1.0.0; charset=utf-8"),
            ExpositionFormat::kOpenMetrics);
  EXPECT_EQ(ExpositionFormatOf("text/plain; version=0.0.4"), ExpositionFormat::kText);
  EXPECT_EQ(ExpositionFormatOf(""), ExpositionFormat::kText);
}

TEST(ExpositionTest, CommentsSayWhatFamiliesAre) {
  std::vector<std::string> seen;
  VisitExpositionComments(
      "#  HELP a  what \\\\ it\\nis\r\n# TYPE a counter\n\ta 1\n# UNIT a seconds\n# a comment\n"
      "# TYPE b-c gauge\n# HELP d \xff\n# HELP e",
      [&](const ExpositionComment& comment) {
        seen.push_back(
            fmt::format("{} {} {}", static_cast<int>(comment.kind), comment.family, comment.text));
      });
  EXPECT_EQ(seen,
            (std::vector<std::string>{"1 a what \\ it\nis", "0 a counter", "2 a seconds", "1 e "}));
}

TEST(ExemplarTextTest, TakesExemplarsApart) {
  const auto exemplar = ParseExemplarText(R"( {trace_id="a}\"b",x="y"} -0.5 1520879607.5)");
  ASSERT_TRUE(exemplar.ok()) << exemplar.status();
  EXPECT_EQ(exemplar->labels.Get("trace_id"), "a}\"b");
  EXPECT_EQ(exemplar->value, -0.5);
  EXPECT_EQ(exemplar->timestamp, TimeFromMs(1520879607500));
  EXPECT_FALSE(ParseExemplarText("{} 1")->timestamp);
  EXPECT_FALSE(ParseExemplarText("").ok());
  EXPECT_FALSE(ParseExemplarText("{a=\"b\" 1").ok());
  EXPECT_FALSE(ParseExemplarText("{} one").ok());
  EXPECT_FALSE(ParseExemplarText("{} 1 now").ok());
  EXPECT_TRUE(ParseExemplarText("{a=\"" + std::string(127, 'x') + "\"} 1").ok());
  EXPECT_FALSE(ParseExemplarText("{a=\"" + std::string(128, 'x') + "\"} 1").ok());
}

TEST(ExpositionTest, FindsTheEndOfLabelsPastBracesQuotesAndEscapes) {
  const auto samples = Read(R"(a{x="} 1",y="\"}\\"} 2)"
                            "\nb {z=\"1\"} 3\r\nc{}4\n");
  ASSERT_EQ(samples.size(), 3u);
  EXPECT_EQ(samples[0].series, R"(a{x="} 1",y="\"}\\"})");
  EXPECT_EQ(samples[0].value, 2);
  EXPECT_EQ(samples[1].series, "b {z=\"1\"}");
  EXPECT_EQ(samples[1].value, 3);
  EXPECT_EQ(samples[2].series, "c{}");
}

TEST(ExpositionTest, ExpectedTextChangesNothing) {
  const std::string text = "a{x=\"1\"} 1\nab 2\na {y=\"2\"} 3\na 4\n";
  for (const std::string_view expected : {"a", "a{x=\"1\"}", "ab", "a {y=\"2\"}", "zzz", ""}) {
    ExpositionReader reader(text);
    ExpositionSample sample;
    std::vector<std::string> seen;
    while (reader.Next(&sample, expected)) {
      seen.push_back(fmt::format("{}={}", sample.series, sample.value));
    }
    EXPECT_TRUE(reader.status().ok()) << reader.status();
    EXPECT_EQ(seen, (std::vector<std::string>{"a{x=\"1\"}=1", "ab=2", "a {y=\"2\"}=3", "a=4"}))
        << expected;
  }
}

TEST(ExpositionTest, ErrorsNameTheLine) {
  EXPECT_EQ(ErrorOf("a 1\n\n9a 1\n"), "line 3: expected a metric name, found '9a'");
  EXPECT_EQ(ErrorOf("a 1\nb\nc 1"), "line 2: expected a number as value, found ''");
  EXPECT_EQ(ErrorOf("b one\n"), "line 1: expected a number as value, found 'one'");
  EXPECT_EQ(ErrorOf("b +-1\n"), "line 1: expected a number as value, found '+-1'");
  EXPECT_EQ(ErrorOf("b 1 now\n"), "line 1: expected a number as timestamp, found 'now'");
  EXPECT_EQ(ErrorOf("b 1 2 3\n"), "line 1: expected the end of the line, found '3'");
  EXPECT_EQ(ErrorOf("b{x=\"1\n\"} 1\n"), "line 1: expected a closing '\"', found 'b'");
  EXPECT_EQ(ErrorOf("b{x=\"1\"\n"), "line 1: expected a closing '}', found 'b'");
  EXPECT_EQ(ErrorOf("b-c 1\n"), "line 1: expected a blank before the value, found '-c'");
  EXPECT_EQ(ErrorOf("<html>"), "line 1: expected a metric name, found '<html>'");
}

TEST(ExpositionTest, SeriesTextHasALimit) {
  const std::string longest(kSeriesTextBytesMax, 'a');
  EXPECT_EQ(Read(longest + " 1").size(), 1u);
  EXPECT_NE(ErrorOf(longest + "a 1").find("at most"), std::string::npos);
}

TEST(SeriesTextTest, TakesNamesAndLabelsApart) {
  const auto labels = ParseSeriesText(R"(a:b { x = "1" , y="q\"b\\n\n\t",empty="", })");
  ASSERT_TRUE(labels.ok()) << labels.status();
  EXPECT_EQ(labels->Get(kMetricName), "a:b");
  EXPECT_EQ(labels->Get("x"), "1");
  EXPECT_EQ(labels->Get("y"), "q\"b\\n\n\\t");
  EXPECT_EQ(labels->size(), 3u);
  EXPECT_EQ(ParseSeriesText("up")->ToString(), "up{}");
  EXPECT_EQ(ParseSeriesText("up{}")->ToString(), "up{}");
}

TEST(SeriesTextTest, RefusesWhatIsNoSeries) {
  const auto error = [](std::string_view text) {
    return std::string(Message(ParseSeriesText(text).status()));
  };
  EXPECT_EQ(error("{a=\"b\"}"), "column 1: expected a metric name, found '{a=\"b\"}'");
  EXPECT_EQ(error("m{a:b=\"c\"}"), "column 3: expected a label name, found 'a:b=\"c\"}'");
  EXPECT_EQ(error("m{a=\"b\" c=\"d\"}"), "column 9: expected ',' or '}', found 'c=\"d\"}'");
  EXPECT_EQ(error("m{a=\"1\",a=\"2\"}"), "label 'a' stands twice");
  EXPECT_EQ(error("m{a=\"\xff\"}"), "the series is not UTF-8");
  EXPECT_EQ(error("m{__name__=\"x\"}"), "column 3: expected a label name, found '__name__=\"x\"}'");
  EXPECT_FALSE(ParseSeriesText("m{a=b}").ok());
  EXPECT_FALSE(ParseSeriesText("m{a=\"b\"}x").ok());
  EXPECT_FALSE(ParseSeriesText("m{,}").ok());
}

TEST(SeriesTextTest, LabelsHaveALimit) {
  std::string text = "m{";
  for (size_t i = 0; i < kSeriesLabelsMax; ++i) text += fmt::format("l{}=\"v\",", i);
  EXPECT_TRUE(ParseSeriesText(text + "}").ok());
  EXPECT_FALSE(ParseSeriesText(text + "one_more=\"v\"}").ok());
}

struct Counts {
  size_t samples = 0;
  size_t exemplars = 0;
  size_t families = 0;
  bool operator==(const Counts&) const = default;
};

Counts CountAll(const std::string& body, ExpositionFormat format) {
  Counts counts;
  const Status status = ParseExposition(
      body,
      [&](const ExpositionSample& sample) {
        ++counts.samples;
        EXPECT_TRUE(ParseSeriesText(sample.series).ok()) << sample.series;
        if (sample.exemplar.empty()) return;
        ++counts.exemplars;
        EXPECT_TRUE(ParseExemplarText(sample.exemplar).ok()) << sample.exemplar;
      },
      format);
  EXPECT_TRUE(status.ok()) << status;
  VisitExpositionComments(body, [&](const ExpositionComment& comment) {
    counts.families += comment.kind == ExpositionComment::Kind::kType;
  });
  return counts;
}

/// The same, by the forms of the lines.
Counts CountLines(const std::string& body) {
  Counts counts;
  std::istringstream lines(body);
  for (std::string line; std::getline(lines, line);) {
    counts.families += line.starts_with("# TYPE ");
    if (line.empty() || line[0] == '#') continue;
    ++counts.samples;
    counts.exemplars += line.find(" # {") != std::string::npos;
  }
  return counts;
}

TEST(ExpositionTest, ReadsWhatExportersWrite) {
  const std::filesystem::path folder = "../shared/data/expfmt";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is not there";
  size_t files = 0;
  Counts all;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".txt") continue;
    SCOPED_TRACE(entry.path());
    std::ifstream in(entry.path());
    std::ostringstream text;
    text << in.rdbuf();
    const bool is_open = entry.path().string().ends_with(".om.txt");
    std::string body = text.str();
    // Two of the files are the middle of an answer.
    if (is_open && body.find("# EOF") == std::string::npos) body += "# EOF\n";
    const Counts counts =
        CountAll(body, is_open ? ExpositionFormat::kOpenMetrics : ExpositionFormat::kText);
    EXPECT_EQ(counts, CountLines(body));
    all.samples += counts.samples;
    all.exemplars += counts.exemplars;
    all.families += counts.families;
    ++files;
  }
  EXPECT_GE(files, 4u);
  EXPECT_GT(all.samples, 4900u);
  EXPECT_GT(all.exemplars, 5u);
  EXPECT_GT(all.families, 500u);
}

}  // namespace
}  // namespace kizashi
