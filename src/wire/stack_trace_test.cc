#include "wire/stack_trace.h"

#include <gtest/gtest.h>

#include <string>

namespace kizashi {
namespace {

TEST(StackTraceTest, LinesAreTold) {
  using enum TraceLine;
  EXPECT_EQ(ClassifyTraceLine(""), kBlank);
  EXPECT_EQ(ClassifyTraceLine(" \t"), kBlank);
  EXPECT_EQ(ClassifyTraceLine("\tat a.b.C.d(C.java:12)"), kFrame);
  EXPECT_EQ(ClassifyTraceLine("    at /app/x.js:10:5"), kFrame);
  EXPECT_EQ(ClassifyTraceLine("   at A.B.C(String s) in /src/x.cs:line 3"), kFrame);
  EXPECT_EQ(ClassifyTraceLine("\tfrom x.rb:3:in `f'"), kFrame);
  EXPECT_EQ(ClassifyTraceLine("  at least one"), kIndented);
  EXPECT_EQ(ClassifyTraceLine("Caused by: java.io.IOException: x"), kCause);
  EXPECT_EQ(ClassifyTraceLine("\t... 12 more"), kCause);
  EXPECT_EQ(ClassifyTraceLine(" ---> System.IO.IOException: x"), kCause);
  EXPECT_EQ(ClassifyTraceLine("java.io.IOException: x"), kHeader);
  EXPECT_EQ(ClassifyTraceLine("Exception in thread \"main\" java.lang.Error"), kHeader);
  EXPECT_EQ(ClassifyTraceLine("Unhandled exception. System.Exception: x"), kHeader);
  EXPECT_EQ(ClassifyTraceLine("TypeError: x"), kHeader);
  EXPECT_EQ(ClassifyTraceLine("Error [ERR_X]: x"), kHeader);
  EXPECT_EQ(ClassifyTraceLine("Error while reading"), kPlain);
  EXPECT_EQ(ClassifyTraceLine("2026-01-02 ERROR x: java.io.IOException"), kPlain);
  EXPECT_EQ(ClassifyTraceLine("panic: boom"), kGoPanic);
  EXPECT_EQ(ClassifyTraceLine("goroutine 1 [running]:"), kGoRoutine);
  EXPECT_EQ(ClassifyTraceLine("main.(*Server).handle(0xc000010000, 0x1)"), kGoFunction);
  EXPECT_EQ(ClassifyTraceLine("x.rb:3:in `f': no (ArgumentError)"), kRubyHead);
  EXPECT_EQ(ClassifyTraceLine("/app/index.js:3"), kNodePlace);
}

constexpr char kJava[] =
    "2026-01-02 15:04:05,123 ERROR [main] order 17 failed\n"
    "java.lang.IllegalStateException: order 17\n"
    "\tat com.shop.Orders$$Lambda$14/0x0000000800c03000.apply(Unknown Source)\n"
    "\tat com.shop.Orders.lambda$pay$3(Orders.java:12)\n"
    "\tat com.shop.Cart$$EnhancerBySpringCGLIB$$3f2a1b.pay(<generated>)\n"
    "\tat java.base/java.lang.Thread.run(Thread.java:829)\n"
    "Caused by: java.io.IOException: reset\n"
    "\tat com.shop.Net.read(Net.java:8)\n"
    "\t... 12 more";

TEST(FingerprintTest, WhatVariesDoesNotMatter) {
  std::string other = kJava;
  const auto replace = [&](std::string_view from, std::string_view to) {
    for (size_t at; (at = other.find(from)) != other.npos;) other.replace(at, from.size(), to);
  };
  replace("order 17", "order 18");
  replace(":12)", ":13)");
  replace("$14/0x0000000800c03000", "$15/0x0000000800d04000");
  replace("$pay$3", "$pay$4");
  replace("3f2a1b", "77aa00");
  replace("java.base/", "");
  replace("... 12", "... 11");
  ASSERT_NE(other, kJava);
  ASSERT_TRUE(FrameFingerprint(kJava).has_value());
  EXPECT_EQ(FrameFingerprint(kJava), FrameFingerprint(other));
}

TEST(FingerprintTest, TypeAndFunctionsMatter) {
  for (const auto& [from, to] : std::initializer_list<std::pair<const char*, const char*>>{
           {"IllegalState", "IllegalArgument"},
           {"IOException", "EOFException"},
           {"Net.read", "Net.write"},
           {"lambda$pay", "lambda$refund"}}) {
    std::string other = kJava;
    other.replace(other.find(from), std::string_view(from).size(), to);
    EXPECT_NE(FrameFingerprint(kJava), FrameFingerprint(other)) << from;
  }
}

TEST(FingerprintTest, EveryLanguageHasOne) {
  const auto same = [](std::string_view a, std::string_view b, std::string_view other) {
    ASSERT_TRUE(FrameFingerprint(a).has_value()) << a;
    EXPECT_EQ(FrameFingerprint(a), FrameFingerprint(b)) << a;
    EXPECT_NE(FrameFingerprint(a), FrameFingerprint(other)) << a;
  };
  same(
      "Traceback (most recent call last):\n  File \"/a/x.py\", line 1, in f\n    g()\nKeyError: "
      "'a'",
      "Traceback (most recent call last):\n  File \"/b/x.py\", line 9, in f\n    g()\nKeyError: "
      "'b'",
      "Traceback (most recent call last):\n  File \"/a/x.py\", line 1, in f\n    g()\nOSError: "
      "'a'");
  same("panic: a\n\ngoroutine 1 [running]:\nmain.f.func1(0xc000010000)\n\t/x.go:3 +0x1d",
       "panic: b\n\ngoroutine 7 [running]:\nmain.f.func2(0xc000020000)\n\t/x.go:4 +0x2d",
       "panic: a\n\ngoroutine 1 [running]:\nmain.g.func1(0xc000010000)\n\t/x.go:3 +0x1d");
  same("Error: a\n    at f (/x.js:1:2)\n    at async Object.<anonymous> (/y.js:3:4)",
       "Error: b\n    at f (/x.js:9:9)\n    at async Object.<anonymous> (/y.js:8:8)",
       "Error: a\n    at h (/x.js:1:2)\n    at async Object.<anonymous> (/y.js:3:4)");
  same("System.X.FooException: a\n   at A.B.<Main>b__0_1(String s) in /x.cs:line 3",
       "System.X.FooException: b\n   at A.B.<Main>b__0_2(String s) in /x.cs:line 4",
       "System.X.FooException: a\n   at A.B.<Main>c__0_1(String s) in /x.cs:line 3");
  same("x.rb:3:in `f': a (ArgumentError)\n\tfrom x.rb:9:in `block (2 levels) in g'",
       "x.rb:4:in `f': b (ArgumentError)\n\tfrom x.rb:8:in `block (2 levels) in g'",
       "x.rb:3:in `f': a (KeyError)\n\tfrom x.rb:9:in `block (2 levels) in g'");
}

TEST(FingerprintTest, TheDepthOfARecursionDoesNotMatter) {
  const std::string frame = "\tat a.B.c(B.java:1)\n";
  EXPECT_EQ(FrameFingerprint("java.lang.StackOverflowError: x\n" + frame),
            FrameFingerprint("java.lang.StackOverflowError: x\n" + frame + frame + frame));
}

TEST(FingerprintTest, OddFramesAreTaken) {
  for (const char* text : {"\tat a//(", "\tat (", "\tat /(x", "\tat :1", "\tfrom :in ",
                           "\tfrom x:1", "x:1:in `': ()", "  at a$$", "Caused by: \n\tat a("}) {
    FrameFingerprint(text);
  }
  EXPECT_TRUE(FrameFingerprint("\tat a//(").has_value());
}

TEST(FingerprintTest, ATextWithoutFramesHasNone) {
  EXPECT_FALSE(FrameFingerprint(""));
  EXPECT_FALSE(FrameFingerprint("java.io.IOException: reset"));
  EXPECT_FALSE(FrameFingerprint("order 17 paid\nmain.f(1)"));
}

}  // namespace
}  // namespace kizashi
