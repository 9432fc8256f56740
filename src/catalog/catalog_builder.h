// Makes a Catalog of parts whose references are already known to be good (resolve.cc checks them).
// Private to this folder; used once, by one thread.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "base/status.h"
#include "catalog/catalog.h"

namespace kizashi {

class CatalogBuilder {
 public:
  void Add(Service service) { services_.push_back(std::move(service)); }
  void Add(Team team) { teams_.push_back(std::move(team)); }
  void Add(Person person) { people_.push_back(std::move(person)); }

  /// Sorts, compiles the selectors and hashes. Names must be unique. InvalidArgument when a
  /// selector of a service does not compile. Takes the parts with it: call once.
  StatusOr<std::shared_ptr<const Catalog>> Build();

 private:
  std::vector<Service> services_;
  std::vector<Team> teams_;
  std::vector<Person> people_;
};

}  // namespace kizashi
