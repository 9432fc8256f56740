// What NAB published of its windowed Gaussian (threshold 1.0, standard profile) on
// the files of the development groups:
// results/windowedGaussian/windowedGaussian_standard_scores.csv of numenta/NAB at de8e91a4. The
// scorer of nab_score.h must give the same.
#pragma once

#include <vector>

namespace kizashi::bench {

struct PublishedScore {
  const char* file;
  double score;  // windows and rows outside, weighed; not put on the scale of 0 to 100
  int outside;   // rows
};

inline std::vector<PublishedScore> PublishedWindowedGaussian() {
  return {
      {"artificialNoAnomaly/art_daily_no_noise.csv", 0.000000, 0},
      {"artificialNoAnomaly/art_daily_perfect_square_wave.csv", 0.000000, 0},
      {"artificialNoAnomaly/art_daily_small_noise.csv", 0.000000, 0},
      {"artificialNoAnomaly/art_flatline.csv", 0.000000, 0},
      {"artificialNoAnomaly/art_noisy.csv", 0.000000, 0},
      {"artificialWithAnomaly/art_daily_flatmiddle.csv", -1.000000, 0},
      {"artificialWithAnomaly/art_daily_jumpsdown.csv", -1.000000, 0},
      {"artificialWithAnomaly/art_daily_jumpsup.csv", -1.000000, 0},
      {"artificialWithAnomaly/art_daily_nojump.csv", -1.000000, 0},
      {"artificialWithAnomaly/art_increase_spike_density.csv", -1.000000, 0},
      {"artificialWithAnomaly/art_load_balancer_spikes.csv", -0.692445, 15},
      {"realAWSCloudwatch/ec2_cpu_utilization_24ae8d.csv", -1.266679, 11},
      {"realAWSCloudwatch/ec2_cpu_utilization_53ea38.csv", -0.141423, 3},
      {"realAWSCloudwatch/ec2_cpu_utilization_5f5533.csv", -2.000000, 0},
      {"realAWSCloudwatch/ec2_cpu_utilization_77c1ca.csv", -1.000000, 0},
      {"realAWSCloudwatch/ec2_cpu_utilization_825cc2.csv", 0.956538, 0},
      {"realAWSCloudwatch/ec2_cpu_utilization_ac20cd.csv", 0.860672, 0},
      {"realAWSCloudwatch/ec2_cpu_utilization_c6585a.csv", -1.320000, 12},
      {"realAWSCloudwatch/ec2_cpu_utilization_fe7f93.csv", 0.638758, 1},
      {"realAWSCloudwatch/ec2_disk_write_bytes_1ef3de.csv", -4.190897, 48},
      {"realAWSCloudwatch/ec2_disk_write_bytes_c0d644.csv", -1.095999, 19},
      {"realAWSCloudwatch/ec2_network_in_257a54.csv", 0.860672, 0},
      {"realAWSCloudwatch/ec2_network_in_5abac7.csv", -3.521932, 50},
      {"realAWSCloudwatch/elb_request_count_8c0756.csv", -0.138449, 0},
      {"realAWSCloudwatch/grok_asg_anomaly.csv", 2.379422, 3},
      {"realAWSCloudwatch/iio_us-east-1_i-a2eb1cd9_NetworkIn.csv", -2.000000, 0},
      {"realAWSCloudwatch/rds_cpu_utilization_cc0c53.csv", -0.138449, 0},
      {"realAWSCloudwatch/rds_cpu_utilization_e47b3b.csv", -0.138449, 0},
      {"realKnownCause/ambient_temperature_system_failure.csv", -2.000000, 0},
      {"realKnownCause/cpu_utilization_asg_misconfiguration.csv", -1.110000, 1},
      {"realKnownCause/ec2_request_latency_system_failure.csv", 2.021507, 0},
      {"realKnownCause/machine_temperature_system_failure.csv", -4.000000, 0},
      {"realKnownCause/nyc_taxi.csv", -5.000000, 0},
      {"realKnownCause/rogue_agent_key_hold.csv", -2.440000, 4},
      {"realKnownCause/rogue_agent_key_updown.csv", -1.396491, 8},
  };
}

}  // namespace kizashi::bench
