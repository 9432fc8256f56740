#include "catalog/resolve.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "base/hash.h"
#include "catalog/suggest.h"

namespace kizashi {
namespace {

/// Looking for near names costs names times errors, so both are bounded.
constexpr size_t kSuggestNamesMax = 2000;
constexpr int kSuggestionsMax = 200;

/// The names of one kind of thing.
class Names {
 public:
  Names(std::string thing, std::vector<std::string_view> kinds)
      : thing_(std::move(thing)), kinds_(std::move(kinds)) {}

  void Add(const std::string& name, const Place& place, ErrorList* errors) {
    if (name.empty()) return;  // was wrong, and is reported
    const auto [at, fresh] = by_name_.emplace(LowerCase(name), Entry{name, place});
    if (fresh) {
      order_.push_back(name);
      return;
    }
    const Place& first = at->second.place;
    errors->Add({place.file, place.line, place.column, place.field,
                 fmt::format("a second {} named {}", thing_, Quoted(name)),
                 fmt::format("a name of its own; the first one stands in {}:{}:{}", first.file,
                             first.line, first.column)});
  }

  /// The name as it was declared, nullptr when unknown.
  const std::string* Find(std::string_view name) const {
    const auto at = by_name_.find(LowerCase(name));
    return at == by_name_.end() ? nullptr : &at->second.name;
  }
  bool empty() const { return by_name_.empty(); }
  bool Takes(std::string_view kind) const {
    return kind.empty() || std::find(kinds_.begin(), kinds_.end(), kind) != kinds_.end();
  }
  const std::string& thing() const { return thing_; }
  std::string Suggest(std::string_view name) const {
    if (order_.size() > kSuggestNamesMax) return "";
    return DidYouMean(name, {order_.begin(), order_.end()});
  }

 private:
  struct Entry {
    std::string name;
    Place place;
  };
  std::string thing_;
  std::vector<std::string_view> kinds_;  // of references that may mean it
  std::unordered_map<std::string, Entry, StringHash, std::equal_to<>> by_name_;
  std::vector<std::string> order_;
};

class Resolver {
 public:
  Resolver(const UnreadWords& unread, Draft* draft, ErrorList* errors)
      : unread_(unread), draft_(draft), errors_(errors) {}

  void Run() {
    for (const DraftService& one : draft_->services)
      services_.Add(one.service.name, one.place, errors_);
    for (const DraftTeam& one : draft_->teams) teams_.Add(one.team.name, one.place, errors_);
    for (const DraftPerson& one : draft_->people) people_.Add(one.person.name, one.place, errors_);
    for (const DraftEntity& one : draft_->entities)
      NamesOf(one.kind).Add(one.name, one.place, errors_);
    for (size_t i = 0; i < draft_->teams.size(); ++i) {
      const std::string& name = draft_->teams[i].team.name;
      if (!name.empty()) team_index_.emplace(name, i);
    }
    for (DraftService& service : draft_->services) Resolve(&service);
    for (DraftTeam& team : draft_->teams) Resolve(&team);
    ResolveChildren();
    for (DraftPerson& person : draft_->people) Resolve(&person);
    for (DraftEntity& entity : draft_->entities) Resolve(&entity);
    ResolveDependents();
    FindParentCycles();
  }

 private:
  Names& NamesOf(std::string_view kind) {
    return kind == "system" ? systems_ : kind == "domain" ? domains_ : apis_;
  }

  /// The declared name, or nullptr with an error.
  const std::string* Find(const Names& names, const Reference& reference) {
    const std::string* name = names.Takes(reference.kind) ? names.Find(reference.name) : nullptr;
    if (name == nullptr) ReportUnknown(names, reference);
    return name;
  }

  void ReportUnknown(const Names& names, const Reference& reference) {
    if (unread_.contains(LowerCase(reference.name))) return;
    const Place& at = reference.place;
    std::string expected = fmt::format("the name of a {} of this catalog", names.thing());
    if (!names.Takes(reference.kind)) {
      expected += fmt::format(", not a reference to a {}", reference.kind);
    } else if (names.empty()) {
      expected += ", which has none";
    } else if (suggestions_left_-- > 0) {
      expected += names.Suggest(reference.name);
    }
    errors_->Add({at.file, at.line, at.column, at.field, Quoted(reference.name), expected});
  }

  /// People and systems need not be described at all; but once one is, all are.
  std::string FindIfDescribed(const Names& names, const Reference& reference) {
    if (names.empty() && names.Takes(reference.kind)) return reference.name;
    const std::string* name = Find(names, reference);
    return name == nullptr ? "" : *name;
  }

  static void AddOnce(std::string name, std::vector<std::string>* to) {
    if (name.empty() || std::find(to->begin(), to->end(), name) != to->end()) return;
    to->push_back(std::move(name));
  }

  void Resolve(DraftService* draft) {
    Service& service = draft->service;
    if (draft->owner) {
      if (const std::string* owner = Find(teams_, *draft->owner)) service.owner = *owner;
    }
    for (const Reference& one : draft->developers) {
      AddOnce(FindIfDescribed(people_, one), &service.developers);
    }
    for (const Reference& one : draft->depends_on) {
      // An API may be depended on, but is no service of its own.
      if (one.kind == "api" || (one.kind.empty() && services_.Find(one.name) == nullptr &&
                                apis_.Find(one.name) != nullptr)) {
        Find(apis_, one);
      } else if (const std::string* name = Find(services_, one)) {
        AddOnce(*name, &service.depends_on);
      }
    }
    if (draft->system) service.system = FindIfDescribed(systems_, *draft->system);
  }

  void Resolve(DraftTeam* draft) {
    if (draft->parent) {
      if (const std::string* parent = Find(teams_, *draft->parent)) draft->team.parent = *parent;
    }
    for (const Reference& one : draft->members) {
      AddOnce(FindIfDescribed(people_, one), &draft->team.members);
    }
  }

  void Resolve(DraftPerson* draft) {
    for (const Reference& one : draft->teams) {
      const std::string* name = Find(teams_, one);
      if (name == nullptr) continue;
      AddOnce(draft->person.name, &draft_->teams[team_index_.at(*name)].team.members);
    }
  }

  void Resolve(DraftEntity* draft) {
    if (draft->owner) Find(teams_, *draft->owner);
    if (draft->part_of) {
      FindIfDescribed(draft->kind == "system" ? domains_ : systems_, *draft->part_of);
    }
  }

  /// Backstage lets a parent name its children; a child that names its parent itself wins.
  void ResolveChildren() {
    for (const DraftTeam& parent : draft_->teams) {
      for (const Reference& one : parent.children) {
        const std::string* name = Find(teams_, one);
        if (name == nullptr) continue;
        DraftTeam& child = draft_->teams[team_index_.at(*name)];
        if (child.parent) continue;
        child.team.parent = parent.team.name;
        child.parent = Reference{"group", parent.team.name, one.place};
      }
    }
  }

  void ResolveDependents() {
    std::unordered_map<std::string, Service*, StringHash, std::equal_to<>> by_name;
    for (DraftService& one : draft_->services) by_name.emplace(one.service.name, &one.service);
    for (const DraftService& draft : draft_->services) {
      for (const Reference& one : draft.dependents) {
        const std::string* name = Find(services_, one);
        if (name != nullptr) AddOnce(draft.service.name, &by_name.at(*name)->depends_on);
      }
    }
  }

  /// Walks from every team towards its parents; each circle is reported once, where its first team
  /// names its parent.
  void FindParentCycles() {
    std::vector<size_t> seen_in(draft_->teams.size(), 0);  // the walk, from 1, that came by
    for (size_t start = 0; start < draft_->teams.size(); ++start) {
      const size_t walk = start + 1;
      size_t at = start;
      while (seen_in[at] == 0) {
        seen_in[at] = walk;
        const auto parent = team_index_.find(draft_->teams[at].team.parent);
        if (parent == team_index_.end()) break;
        at = parent->second;
        if (seen_in[at] == walk) ReportCycle(at);
      }
    }
  }

  void ReportCycle(size_t start) {
    std::vector<size_t> circle;
    for (size_t at = start; circle.empty() || at != start;
         at = team_index_.at(draft_->teams[at].team.parent)) {
      circle.push_back(at);
    }
    std::rotate(circle.begin(), std::min_element(circle.begin(), circle.end()), circle.end());
    constexpr size_t kShown = 10;
    std::string way;
    for (size_t i = 0; i < std::min(circle.size(), kShown); ++i) {
      way += draft_->teams[circle[i]].team.name + " -> ";
    }
    if (circle.size() > kShown) way += "... -> ";
    way += draft_->teams[circle[0]].team.name;
    const Place& place = draft_->teams[circle[0]].parent->place;
    errors_->Add({place.file, place.line, place.column, place.field,
                  fmt::format("teams in a circle ({})", way), "a team that is not above itself"});
  }

  const UnreadWords& unread_;
  Draft* draft_;
  ErrorList* errors_;
  int suggestions_left_ = kSuggestionsMax;
  Names services_{"service", {"component", "resource"}};
  Names teams_{"team", {"group"}};
  Names people_{"person", {"user"}};
  Names apis_{"API", {"api"}};
  Names systems_{"system", {"system"}};
  Names domains_{"domain", {"domain"}};
  std::unordered_map<std::string, size_t, StringHash, std::equal_to<>> team_index_;
};

}  // namespace

void AddWords(std::string_view text, UnreadWords* words) {
  constexpr std::string_view kLetters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  while (true) {
    const size_t begin = text.find_first_of(kLetters);
    if (begin == std::string_view::npos) return;
    text.remove_prefix(begin);
    const size_t end = std::min(text.find_first_not_of(kLetters), text.size());
    words->insert(LowerCase(text.substr(0, end)));
    text.remove_prefix(end);
  }
}

void ResolveDraft(const UnreadWords& unread, Draft* draft, ErrorList* errors) {
  Resolver(unread, draft, errors).Run();
}

}  // namespace kizashi
