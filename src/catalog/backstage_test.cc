#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/load.h"

namespace kizashi {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> Errors(const std::vector<CatalogSource>& sources) {
  std::vector<std::string> texts;
  for (const CatalogError& error : LoadCatalog(sources).errors) texts.push_back(error.ToString());
  return texts;
}

std::string Entity(const std::string& kind, const std::string& rest) {
  return "apiVersion: backstage.io/v1alpha1\nkind: " + kind + "\n" + rest + "---\n";
}

constexpr const char* kCatalogInfo = R"(
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: artist-web
  namespace: default
  title: Artist Web
  description: The place to be, for great artists
  labels:
    example.com/custom: custom_label_value
  annotations:
    example.com/service-discovery: artistweb
    backstage.io/techdocs-ref: dir:.
    kizashi.dev/match: '{app="artist-web"}'
    kizashi.dev/tier: gold
    kizashi.dev/redundancy: 3 of 5 by pod
    kizashi.dev/slo-target: 99.5
    kizashi.dev/slo-window: 28d
    kizashi.dev/slo-good: http_requests_total{code!~"5.."}
    kizashi.dev/slo-total: http_requests_total
    kizashi.dev/anomaly-budget: 20%
  tags: [java]
  links:
    - url: https://admin.example-org.com
      title: Admin Dashboard
spec:
  type: website
  lifecycle: production
  owner: group:default/artist-relations
  system: public-websites
  subcomponentOf:
  providesApis: [artist-api]
  dependsOn: ['resource:default/artists-db', Component:artist-lookup, 'api:default/artist-api']
---
apiVersion: backstage.io/v1beta1
kind: Component
metadata: {name: artist-lookup}
spec: {type: service, lifecycle: experimental, owner: artist-relations}
---
apiVersion: backstage.io/v1alpha1
kind: Resource
metadata: {name: artists-db}
spec:
  type: database
  owner: Group:artist-relations
  dependencyOf: ['component:artist-lookup']
---
apiVersion: backstage.io/v1alpha1
kind: API
metadata: {name: artist-api}
spec:
  type: openapi
  lifecycle: production
  owner: artist-relations
  system: public-websites
  definition:
    $text: https://example.com/openapi.yaml
---
apiVersion: backstage.io/v1alpha1
kind: System
metadata: {name: public-websites}
spec: {owner: artist-relations, domain: artists}
---
apiVersion: backstage.io/v1alpha1
kind: Domain
metadata: {name: artists}
spec: {owner: artist-relations}
---
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: a-template}
)";

constexpr const char* kOrganization = R"(
apiVersion: backstage.io/v1alpha1
kind: Group
metadata:
  name: artist-relations
  annotations:
    kizashi.dev/slack: https://hooks.slack.com/services/T/B/x
    kizashi.dev/time-zone: Europe/Stockholm
    kizashi.dev/language: en
spec:
  type: team
  profile: {displayName: Artist Relations, email: ar@example.com, picture: 'https://example.com/p'}
  parent: ops
  children: []
  members: [jdoe]
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: ops, title: Operations}
spec: {type: business-unit, children: [artist-relations, 'group:sub']}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: sub}
spec: {type: team, children: []}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: jdoe}
spec:
  profile: {displayName: Jenny Doe, email: jenny@example.com}
  memberOf: [artist-relations, ops]
)";

TEST(BackstageTest, EntitiesAreReadAsTheyAre) {
  const CatalogLoad load =
      LoadCatalog({{"catalog-info.yaml", kCatalogInfo}, {"org.yaml", kOrganization}});
  for (const CatalogError& error : load.errors) ADD_FAILURE() << error.ToString();
  ASSERT_NE(load.catalog, nullptr);
  const Catalog& catalog = *load.catalog;
  ASSERT_EQ(catalog.services().size(), 3u) << "components and resources, no API";
  const Service& web = *catalog.FindService("artist-web");
  EXPECT_EQ(web.title, "Artist Web");
  EXPECT_EQ(web.owner, "artist-relations");
  EXPECT_EQ(web.system, "public-websites");
  EXPECT_THAT(web.depends_on, ElementsAre("artists-db", "artist-lookup"));
  EXPECT_EQ(web.tier, "gold");
  ASSERT_EQ(web.match.size(), 1u);
  EXPECT_EQ(FormatSelector(web.match[0]), "{app=\"artist-web\"}");
  EXPECT_EQ(web.redundancy->need, 3);
  EXPECT_EQ(web.redundancy->of, 5);
  EXPECT_EQ(web.redundancy->by, "pod");
  ASSERT_EQ(web.slos.size(), 1u);
  EXPECT_EQ(web.slos[0].target, 0.995);
  EXPECT_EQ(web.slos[0].window.length, std::chrono::days(28));
  EXPECT_EQ(web.anomaly_share, 0.2);
  EXPECT_THAT(catalog.FindService("artist-lookup")->depends_on, ElementsAre("artists-db"))
      << "dependencyOf is dependsOn from the other side";
  const Team& team = *catalog.FindTeam("artist-relations");
  EXPECT_EQ(team.title, "Artist Relations");
  EXPECT_EQ(team.parent, "ops");
  EXPECT_EQ(team.time_zone, "Europe/Stockholm");
  EXPECT_THAT(team.members, ElementsAre("jdoe"));
  ASSERT_EQ(team.notify.size(), 1u);
  EXPECT_EQ(team.notify[0].kind, Destination::Kind::kSlack);
  EXPECT_THAT(catalog.FindTeam("ops")->members, ElementsAre("jdoe")) << "by memberOf";
  EXPECT_EQ(catalog.FindTeam("ops")->title, "Operations");
  EXPECT_EQ(catalog.FindTeam("sub")->parent, "ops") << "by the parent's children";
  const Person& person = *catalog.FindPerson("jdoe");
  EXPECT_EQ(person.title, "Jenny Doe");
  EXPECT_EQ(person.email, "jenny@example.com");
}

TEST(BackstageTest, BothFormsNameEachOther) {
  EXPECT_THAT(Errors({{"a.yaml", "service: {name: a, owner: g, depends_on: [b]}\n"},
                      {"b.yaml", Entity("Component", "metadata: {name: b}\nspec: {owner: t}\n") +
                                     Entity("Group", "metadata: {name: g}\nspec: {}\n")},
                      {"c.yaml", "team: {name: t}\n"}}),
              ElementsAre());
}

TEST(BackstageErrorTest, VersionAndKind) {
  EXPECT_THAT(Errors({{"a.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: x}\n"}}),
              ElementsAre("a.yaml:1:13: apiVersion: found 'v1', expected backstage.io/v1alpha1 or "
                          "backstage.io/v1beta1"));
  EXPECT_THAT(Errors({{"a.yaml", "kind: Component\n"}}),
              ElementsAre(HasSubstr("a.yaml:1:1: apiVersion: found nothing")));
  EXPECT_THAT(Errors({{"a.yaml", Entity("Compnent", "metadata: {name: x}\n")}}),
              ElementsAre(HasSubstr("a.yaml:2:7: kind: found 'Compnent', expected Component, ")));
  EXPECT_THAT(Errors({{"a.yaml", "apiVersion: backstage.io/v1alpha1\n"}}),
              ElementsAre(HasSubstr("kind: found nothing")));
}

TEST(BackstageErrorTest, Fields) {
  EXPECT_THAT(Errors({{"a.yaml", Entity("Component", "spec: {}\n")}}),
              ElementsAre("a.yaml:1:1: metadata: found nothing, expected a mapping with at least a "
                          "name"));
  EXPECT_THAT(Errors({{"a.yaml", Entity("Component", "metadata: {title: x}\n")}}),
              ElementsAre(HasSubstr("a.yaml:3:11: metadata.name: found nothing")));
  EXPECT_THAT(Errors({{"a.yaml", Entity("Component", "metadata: {name: x}\nspec: [a]\n")}}),
              ElementsAre("a.yaml:4:7: spec: found a list, expected a mapping"));
  EXPECT_THAT(Errors({{"a.yaml", Entity("Component",
                                        "metadata: {name: x}\nspec:\n  owner: nobody\n"
                                        "  dependsOn: [component:no]\n")}}),
              ElementsAre(HasSubstr("a.yaml:5:10: spec.owner: found 'nobody'"),
                          HasSubstr("a.yaml:6:15: spec.dependsOn[0]: found 'no'")));
}

TEST(BackstageErrorTest, OurAnnotations) {
  const auto errors = [](const std::string& annotation) {
    return Errors({{"a.yaml", Entity("Component", "metadata:\n  name: x\n  annotations:\n    " +
                                                      annotation + "\n")}});
  };
  EXPECT_THAT(errors("other.dev/match: '{'"), ElementsAre());
  EXPECT_THAT(errors("kizashi.dev/mach: up"),
              ElementsAre(HasSubstr("a.yaml:6:5: metadata.annotations[kizashi.dev/mach]: found the "
                                    "annotation 'kizashi.dev/mach'")));
  EXPECT_THAT(
      errors("kizashi.dev/match: 'up{'"),
      ElementsAre(HasSubstr("a.yaml:6:28: metadata.annotations[kizashi.dev/match]: found the "
                            "end, expected a label's name or '}'")));
  for (const char* redundancy : {"5 of 3", "0 of 3", "3of5", "3 of 5 by", "3 of 5 by a b", "3"}) {
    EXPECT_THAT(errors(std::string("kizashi.dev/redundancy: ") + redundancy),
                ElementsAre(HasSubstr("expected '3 of 5' or '3 of 5 by instance'")));
  }
  EXPECT_THAT(errors("kizashi.dev/slo-target: 99"),
              ElementsAre(HasSubstr("[kizashi.dev/slo-good]: found nothing"),
                          HasSubstr("[kizashi.dev/slo-total]: found nothing")));
}

TEST(BackstageErrorTest, SystemsAreCheckedOnceOneIsDescribed) {
  const std::string component = Entity("Component", "metadata: {name: x}\nspec: {system: s}\n");
  EXPECT_THAT(Errors({{"a.yaml", component}}), ElementsAre());
  EXPECT_THAT(Errors({{"a.yaml", component + Entity("System", "metadata: {name: t}\n")}}),
              ElementsAre(HasSubstr("a.yaml:4:16: spec.system: found 's'")));
}

std::string Location(const std::string& spec) {
  return Entity("Location", "metadata: {name: l}\nspec: " + spec + "\n");
}

TEST(LocationTest, TargetsAreFilesOfTheCatalog) {
  const CatalogSource service = {"shop/a.yaml", "service: {name: a}\n"};
  for (const char* spec : {"{target: ./shop/a.yaml}", "{type: file, targets: [shop/a.yaml]}",
                           "{type: url, targets: ['./shop/*.yaml']}", "{target: '**/a.yaml'}",
                           "{target: x/../shop/a.yaml}", "{target: './*/?.yaml'}"}) {
    EXPECT_THAT(Errors({service, {"all.yaml", Location(spec)}}), ElementsAre()) << spec;
  }
  EXPECT_THAT(Errors({service, {"x/all.yaml", Location("{target: ../shop/a.yaml}")}}),
              ElementsAre());
}

TEST(LocationTest, OthersAreErrors) {
  const auto error = [](const char* spec) {
    const auto errors = Errors({{"x/all.yaml", Location(spec)}});
    EXPECT_EQ(errors.size(), 1u) << spec;
    return errors.empty() ? "" : errors[0];
  };
  EXPECT_EQ(error("{type: url, target: 'https://example.com/a.yaml'}"),
            "x/all.yaml:4:27: spec.target: found 'https://example.com/a.yaml', expected a path "
            "inside the catalog's directory; only files are read, no URLs");
  EXPECT_THAT(error("{type: github-discovery, target: '*.yaml'}"),
              HasSubstr("x/all.yaml:4:14: spec.type"));
  EXPECT_THAT(error("{targets: [none.yaml]}"),
              HasSubstr("spec.targets[0]: found 'none.yaml', expected a file that is there"));
  EXPECT_THAT(error("{target: '*.yml'}"), HasSubstr("expected a pattern that some file matches"));
  EXPECT_THAT(error("{target: ../../etc/passwd}"), HasSubstr("inside the catalog's directory"));
  EXPECT_THAT(error("{target: /etc/passwd}"), HasSubstr("inside the catalog's directory"));
  EXPECT_THAT(error("{}"), HasSubstr("spec.target: found nothing"));
  EXPECT_THAT(error("{target: all.yaml}"), HasSubstr("does not lead back to this Location"));
}

TEST(LocationTest, CirclesAreNamedOnce) {
  EXPECT_THAT(Errors({{"a.yaml", Location("{target: b.yaml}")},
                      {"b.yaml", Location("{target: c.yaml}")},
                      {"c.yaml", Location("{targets: [d.yaml, a.yaml]}")},
                      {"d.yaml", "service: {name: d}"}}),
              ElementsAre("c.yaml:4:26: spec.targets[1]: found 'a.yaml', expected a file that does "
                          "not lead back to this Location"));
}

}  // namespace
}  // namespace kizashi
