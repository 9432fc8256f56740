#include <deque>

#include "wire/field_bytes.h"
#include "wire/otlp_metrics.h"
#include "wire/otlp_value.h"
#include "wire/protobuf_fields.h"

namespace kizashi {
namespace {

using pbf::Bytes;
using pbf::Fixed64;
using pbf::Varint;
using pbf::View;
using protozero::pbf_reader;
using protozero::pbf_wire_type;
using Kind = OtlpMetric::Kind;

constexpr uint32_t kNoRecordedValue = 1;  // DataPointFlags

/// Calls `visit` with each message of field `tag`.
template <typename Visit>
void EachMessage(pbf_reader message, uint32_t tag, Visit visit) {
  while (message.next()) {
    if (message.tag_and_type() == Bytes(tag)) {
      visit(message.get_message());
    } else {
      message.skip();
    }
  }
}

class Reader {
 public:
  explicit Reader(OtlpMetricVisitor* visitor) : visitor_(*visitor) {}

  void ReadRequest(const pbf_reader& request) {
    EachMessage(request, 1, [this](const pbf_reader& resource) { ReadResource(resource); });
  }

 private:
  // What a message says of all its parts may stand behind them: it is read first.
  void ReadResource(const pbf_reader& message) {
    std::vector<Label> attributes;
    EachMessage(message, 1, [&](const pbf_reader& resource) {
      EachMessage(resource, 1, [&](const pbf_reader& attribute) {
        // One that is too large says nothing; the points are kept without it.
        ReadOtlpAttribute(View(attribute.data()), &attributes);
      });
    });
    visitor_.BeginResource(attributes);
    EachMessage(message, 2, [this](const pbf_reader& scope) { ReadScope(scope); });
    visitor_.EndResource();
  }

  void ReadScope(const pbf_reader& message) {
    std::string_view name;
    std::string_view version;
    EachMessage(message, 1, [&](pbf_reader scope) {
      while (scope.next()) {
        switch (scope.tag_and_type()) {
          case Bytes(1): name = View(scope.get_view()); break;
          case Bytes(2): version = View(scope.get_view()); break;
          default: scope.skip();
        }
      }
    });
    visitor_.BeginScope(name, version);
    EachMessage(message, 2, [this](const pbf_reader& metric) { ReadMetric(metric); });
  }

  void ReadMetric(pbf_reader message) {
    OtlpMetric metric;
    pbf_reader data;
    bool has_data = false;
    while (message.next()) {
      const auto take = [&](Kind kind) {
        metric.kind = kind;
        data = message.get_message();
        has_data = true;
      };
      switch (message.tag_and_type()) {
        case Bytes(1): metric.name = View(message.get_view()); break;
        case Bytes(2): metric.description = View(message.get_view()); break;
        case Bytes(3): metric.unit = View(message.get_view()); break;
        case Bytes(5): take(Kind::kGauge); break;
        case Bytes(7): take(Kind::kSum); break;
        case Bytes(9): take(Kind::kHistogram); break;
        case Bytes(10): take(Kind::kExponentialHistogram); break;
        case Bytes(11): take(Kind::kSummary); break;
        default: message.skip();
      }
    }
    if (!has_data) return;
    ReadTemporality(data, &metric);
    visitor_.BeginMetric(metric);
    EachMessage(data, 1, [&](const pbf_reader& point) { ReadPoint(point, metric.kind); });
  }

  static void ReadTemporality(pbf_reader data, OtlpMetric* metric) {
    while (data.next()) {
      switch (data.tag_and_type()) {
        case Varint(2): {
          const int32_t value = data.get_enum();
          if (value == 1) metric->temporality = OtlpMetric::Temporality::kDelta;
          if (value == 2) metric->temporality = OtlpMetric::Temporality::kCumulative;
          break;
        }
        case Varint(3): metric->is_monotonic = data.get_bool(); break;
        default: data.skip();
      }
    }
  }

  void ReadPoint(pbf_reader message, Kind kind) {
    point_.Clear();
    kept_.clear();
    attributes_ = FieldBytes();
    const uint32_t attributes_field = kind == Kind::kHistogram              ? Bytes(9)
                                      : kind == Kind::kExponentialHistogram ? Bytes(1)
                                                                            : Bytes(7);
    while (true) {
      const char* const begin = message.data().data();
      if (!message.next()) break;
      const uint32_t field = message.tag_and_type();
      if (field == attributes_field) {
        message.skip();
        attributes_.Add(begin, message.data().data());
        continue;
      }
      bool known = field == Fixed64(3);
      if (known) {
        point_.time_ns = message.get_fixed64();
      } else if (kind == Kind::kHistogram) {
        known = ReadHistogramField(field, &message);
      } else if (kind == Kind::kExponentialHistogram) {
        known = ReadExponentialField(field, &message);
      } else if (kind == Kind::kSummary) {
        known = ReadSummaryField(field, &message);
      } else {
        known = ReadNumberField(field, &message);
      }
      if (!known) message.skip();
    }
    point_.attributes = attributes_.Take(&kept_);
    visitor_.Point(point_);
  }

  bool ReadNumberField(uint32_t field, pbf_reader* message) {
    switch (field) {
      case Fixed64(4): point_.value = message->get_double(); break;
      case Fixed64(6): point_.value = static_cast<double>(message->get_sfixed64()); break;
      case Bytes(5): ReadExemplar(message->get_message()); return true;
      case Varint(8): return ReadFlags(message);
      default: return false;
    }
    return point_.has_value = true;
  }

  bool ReadHistogramField(uint32_t field, pbf_reader* message) {
    switch (field) {
      case Fixed64(4): point_.count = message->get_fixed64(); return true;
      case Fixed64(5): return ReadSum(message);
      case Bytes(6):
        for (const uint64_t count : message->get_packed_fixed64()) point_.counts.push_back(count);
        return true;
      case Fixed64(6): point_.counts.push_back(message->get_fixed64()); return true;
      case Bytes(7):
        for (const double bound : message->get_packed_double()) point_.bounds.push_back(bound);
        return true;
      case Fixed64(7): point_.bounds.push_back(message->get_double()); return true;
      case Bytes(8): ReadExemplar(message->get_message()); return true;
      case Varint(10): return ReadFlags(message);
      default: return false;
    }
  }

  bool ReadExponentialField(uint32_t field, pbf_reader* message) {
    switch (field) {
      case Fixed64(4): point_.count = message->get_fixed64(); return true;
      case Fixed64(5): return ReadSum(message);
      case Varint(6): point_.scale = message->get_sint32(); return true;
      case Fixed64(7): point_.zero_count = message->get_fixed64(); return true;
      case Bytes(8): ReadBuckets(message->get_message(), &point_.positive); return true;
      case Bytes(9): ReadBuckets(message->get_message(), &point_.negative); return true;
      case Varint(10): return ReadFlags(message);
      case Bytes(11): ReadExemplar(message->get_message()); return true;
      case Fixed64(14): point_.zero_threshold = message->get_double(); return true;
      default: return false;
    }
  }

  bool ReadSummaryField(uint32_t field, pbf_reader* message) {
    switch (field) {
      case Fixed64(4): point_.count = message->get_fixed64(); return true;
      case Fixed64(5): return ReadSum(message);
      case Bytes(6): {
        pbf_reader pair = message->get_message();
        std::pair<double, double> quantile;
        while (pair.next()) {
          switch (pair.tag_and_type()) {
            case Fixed64(1): quantile.first = pair.get_double(); break;
            case Fixed64(2): quantile.second = pair.get_double(); break;
            default: pair.skip();
          }
        }
        point_.quantiles.push_back(quantile);
        return true;
      }
      case Varint(8): return ReadFlags(message);
      default: return false;
    }
  }

  bool ReadFlags(pbf_reader* message) {
    point_.has_no_value = (message->get_uint32() & kNoRecordedValue) != 0;
    return true;
  }

  bool ReadSum(pbf_reader* message) {
    point_.sum = message->get_double();
    return point_.has_sum = true;
  }

  static void ReadBuckets(pbf_reader message, OtlpPoint::Buckets* buckets) {
    while (message.next()) {
      switch (message.tag_and_type()) {
        case Varint(1): buckets->offset = message.get_sint32(); break;
        case Bytes(2):
          for (const uint64_t count : message.get_packed_uint64()) {
            buckets->counts.push_back(count);
          }
          break;
        case Varint(2): buckets->counts.push_back(message.get_uint64()); break;
        default: message.skip();
      }
    }
  }

  void ReadExemplar(pbf_reader message) {
    OtlpExemplar exemplar;
    FieldBytes attributes;
    while (true) {
      const char* const begin = message.data().data();
      if (!message.next()) break;
      switch (message.tag_and_type()) {
        case Fixed64(2): exemplar.time_ns = message.get_fixed64(); break;
        case Fixed64(3): exemplar.value = message.get_double(); break;
        case Bytes(4): exemplar.span_id = View(message.get_view()); break;
        case Bytes(5): exemplar.trace_id = View(message.get_view()); break;
        case Fixed64(6): exemplar.value = static_cast<double>(message.get_sfixed64()); break;
        case Bytes(7):
          message.skip();
          attributes.Add(begin, message.data().data());
          break;
        default: message.skip();
      }
    }
    exemplar.attributes = attributes.Take(&kept_);
    point_.exemplars.push_back(exemplar);
  }

  OtlpMetricVisitor& visitor_;
  OtlpPoint point_;
  FieldBytes attributes_;
  std::deque<std::string> kept_;
};

}  // namespace

void OtlpPoint::Clear() {
  attributes = {};
  time_ns = count = zero_count = 0;
  has_no_value = has_value = has_sum = false;
  value = sum = zero_threshold = 0;
  counts.clear();
  bounds.clear();
  quantiles.clear();
  scale = positive.offset = negative.offset = 0;
  positive.counts.clear();
  negative.counts.clear();
  exemplars.clear();
}

Status ReadOtlpMetricsProto(std::string_view body, OtlpMetricVisitor* visitor) {
  try {
    Reader(visitor).ReadRequest(pbf_reader(body.data(), body.size()));
  } catch (const std::exception& error) {
    return InvalidArgument("the body is no ExportMetricsServiceRequest ({})", error.what());
  }
  return OkStatus();
}

bool ReadOtlpAttributes(std::string_view attributes, std::vector<Label>* list) {
  try {
    pbf_reader message(attributes.data(), attributes.size());
    while (message.next()) {
      if (message.wire_type() != pbf_wire_type::length_delimited) return false;
      if (!ReadOtlpAttribute(View(message.get_view()), list)) return false;
    }
  } catch (const std::exception&) {
    return false;
  }
  return true;
}

}  // namespace kizashi
