// A notification, and the other end of a receiver that answers as it is told.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "act/alert/engine_test_support.h"
#include "act/alert/http_sender.h"
#include "act/alert/receiver.h"
#include "wire/yaml.h"
#include "wire/yaml_writer.h"

namespace kizashi::alerts {

inline constexpr Time kTestNow = TimeFromMs(1'700'000'000'000);

/// Of `firing` alerts and one that is over.
inline Notification MakeNotification(size_t firing) {
  Notification notification;
  notification.number = 7;
  notification.destination = "team/x/0";
  notification.receiver = "team";
  notification.group_key = "{}:{service=\"shop\"}";
  notification.group_labels = LabelsOf("service=shop");
  notification.created_at = kTestNow;
  for (size_t i = 0; i <= firing; ++i) {
    Alert alert;
    alert.labels = LabelsOf("alertname=Disk,service=shop,severity=page,host=h" + std::to_string(i));
    alert.annotations = LabelsOf("summary=full");
    alert.starts_at = kTestNow - Duration(60'000);
    alert.ends_at = kTestNow;
    alert.fingerprint = FingerprintOf(alert.labels);
    notification.alerts.push_back({std::make_shared<const Alert>(alert), i < firing});
  }
  notification.rank = firing > 0 ? 4 : 0;
  notification.state.key = notification.group_key;
  notification.state.episode = 1;
  notification.state.opened_at = kTestNow - Duration(60'000);
  if (firing == 0) notification.state.closed_at = kTestNow;
  return notification;
}

class OtherEnd {
 public:
  FetchFunction fetch() {
    return [this](FetchRequest request, const HttpClient::Callback& done) {
      requests.push_back(std::move(request));
      FetchResult answer;
      if (answers.empty()) {
        answer.status = Unavailable("nobody is there");
      } else {
        answer = std::move(answers.front());
        answers.pop_front();
      }
      done(std::move(answer));
    };
  }
  void WillAnswer(int code, std::string body = "", HttpHeaders headers = {}) {
    FetchResult answer;
    answer.code = code;
    answer.body = std::move(body);
    answer.headers = std::move(headers);
    answers.push_back(std::move(answer));
  }
  SendResult Send(Receiver& receiver, const Notification& notification) {
    requests.clear();
    SendResult result;
    int calls = 0;
    receiver.Send(notification, [&](SendResult got) {
      result = std::move(got);
      ++calls;
    });
    EXPECT_EQ(calls, 1);
    return result;
  }

  std::vector<FetchRequest> requests;
  std::deque<FetchResult> answers;
};

/// The text at a JSON pointer, "(none)" when there is none; of anything else its JSON.
inline std::string At(const std::string& json, const std::string& pointer) {
  // JSON is YAML, and its keys here hold neither '/' nor '~'.
  const YamlFile yaml = ReadYaml(json);
  if (yaml.documents.empty()) return "(no JSON)";
  const YamlNode* at = &yaml.documents[0];
  for (size_t begin = 1; begin <= pointer.size();) {
    const size_t end = std::min(pointer.find('/', begin), pointer.size());
    const std::string part = pointer.substr(begin, end - begin);
    if (at->kind == YamlNode::Kind::kSequence) {
      const size_t index = std::stoul(part);
      at = index < at->children.size() ? &at->children[index] : nullptr;
    } else {
      at = at->Find(part);
    }
    if (at == nullptr) return "(none)";
    begin = end + 1;
  }
  return at->kind == YamlNode::Kind::kScalar ? at->scalar : WriteYaml(*at);
}

/// The configuration with one receiver "team".
inline AlertConfigPtr ConfigOfReceiver(const std::string& receiver,
                                       const std::string& global = "{}") {
  const std::string text =
      "global: " + global + "\nroute: {receiver: team}\nreceivers:\n- name: team\n" + receiver;
  AlertConfigResult read =
      ReadAlertConfig(text, "test.yml", {"email", "pagerduty", "slack", "webhook"});
  for (const std::string& error : read.errors) ADD_FAILURE() << error;
  return read.config;
}

}  // namespace kizashi::alerts
