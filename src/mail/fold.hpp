// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// Unicode text made comparable for search: NFKC with case folding, nothing else taken away. What
/// i;unicode-casemap (RFC 5051) finds equal is equal, and also what NFKC does: wide and narrow
/// forms, ligatures.
namespace posthouse::mail {

/// Of UTF-8; bytes that are none become U+FFFD. Any text folds to itself the second time.
std::string fold(std::string_view utf8);

/// Does the text hold what `fold()` made of the searched one? An empty one is in every text.
bool contains_folded(std::string_view utf8, std::string_view folded_needle);

/// Folds a text that comes in pieces, cut anywhere between characters.
class Folder {
public:
    /// What is certain so far of all that has come and was not given yet.
    std::string append(std::string_view piece);
    /// The rest. What comes now does not go on what came before.
    std::string finish();

private:
    std::string unfolded_; ///< What the next piece's first characters might compose with.
};

/// Looks for several texts in one that comes in pieces, with memory for the longest of them only.
class FoldedSearch {
public:
    /// Each as fold() made it.
    explicit FoldedSearch(std::vector<std::string> folded_needles);

    /// UTF-8, cut anywhere between characters.
    void append(std::string_view piece);
    /// Which of them were found so far, in their order. The last character given may still compose
    /// with what comes: what ends with it is found when begin_anew() has been called.
    const std::vector<bool>& found() const { return found_; }
    bool found_all() const { return missing_ == 0; }
    /// What comes now does not go on what came before: the next field, the next part.
    void begin_anew();

private:
    void look(std::string_view folded);

    std::vector<std::string> needles_;
    std::vector<bool> found_;
    std::size_t missing_ = 0;
    std::size_t longest_ = 0;
    std::string carried_; ///< Folded, as much as a needle could begin in.
    Folder folder_;
};

} // namespace posthouse::mail
