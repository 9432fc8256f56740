// From skeletons to patterns: which words are variables after all.
//
// A word is a variable when other skeletons are equal but for this one place and have a variable
// there, or enough different words. A pure function of the *set* of skeletons: decisions of one
// round rest on one snapshot of all of them and are applied together, until nothing changes, so
// neither order nor counts matter. Nothing is learnt and nothing is configured.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pattern/skeleton.h"

namespace kizashi {

/// The templates of skeletons that all have one shape (ShapeOf): for each of them its tokens, with
/// the words that vary made variables (Token::slot says that they are no slot).
std::vector<std::vector<Token>> MergeShape(const std::vector<const std::vector<Token>*>& skeletons);

/// `tokens` with lists of variables, and repeated groups of tokens, brought to one: templates of
/// different shapes that agree in this are one pattern with a list of any length.
std::vector<Token> CollapseLists(const std::vector<Token>& tokens);

}  // namespace kizashi
