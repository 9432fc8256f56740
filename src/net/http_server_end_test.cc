// How the server ends, and TLS.
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <string>
#include <thread>

#include "net/http_client.h"
#include "net/http_server_test_support.h"

namespace kizashi {
namespace {

TEST(HttpServerEndTest, DrainWaitsForRequestsUnderWay) {
  Responder kept;
  std::promise<void> arrived;
  const auto server = Start({}, nullptr, [&](HttpRequest, Responder respond) {
    kept = std::move(respond);
    arrived.set_value();
  });
  RawClient idle(server->port());
  RawClient client(server->port());
  client.Send("GET / HTTP/1.1\r\n\r\n");
  arrived.get_future().wait();
  std::thread drain([&] { server->Drain(Duration(5000)); });
  EXPECT_EQ(idle.Receive(), "<closed>");
  kept(TextResponse(200, "done"));
  EXPECT_TRUE(client.Receive().ends_with("done<closed>"));
  drain.join();
}

// A self-signed certificate for 127.0.0.1 in two PEM files.
void WriteCertificate(const std::string& cert_file, const std::string& key_file) {
  EVP_PKEY* const key = EVP_EC_gen("P-256");
  X509* const cert = X509_new();
  X509_set_version(cert, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
  X509_gmtime_adj(X509_getm_notBefore(cert), -60);
  X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
  X509_set_pubkey(cert, key);
  X509_NAME* const name = X509_get_subject_name(cert);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("127.0.0.1"), -1, -1, 0);
  X509_set_issuer_name(cert, name);
  X509_sign(cert, key, EVP_sha256());
  FILE* file = fopen(cert_file.c_str(), "w");
  PEM_write_X509(file, cert);
  fclose(file);
  file = fopen(key_file.c_str(), "w");
  PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
  fclose(file);
  X509_free(cert);
  EVP_PKEY_free(key);
}

TEST(HttpServerEndTest, AnAnswerAfterTheServersEndDoesNothing) {
  Responder kept;
  std::promise<void> taken;
  auto server = Start({}, nullptr, [&](HttpRequest, Responder respond) {
    kept = std::move(respond);
    taken.set_value();
  });
  RawClient client(server->port());
  client.Send("GET /late HTTP/1.1\r\n\r\n");
  taken.get_future().wait();
  server.reset();
  EXPECT_EQ(client.Receive(), "<closed>");
  kept(TextResponse(200, "late"));
  kept = nullptr;
}

TEST(HttpServerEndTest, EndsWhileRequestsComeIn) {
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> answered = 0;
    auto server = Start({}, nullptr, [&](HttpRequest, Responder respond) {
      ++answered;
      respond(TextResponse(200, "ok"));
    });
    std::jthread sender([port = server->port()](const std::stop_token& stop) {
      RawClient client(port);
      const std::string_view request = "GET / HTTP/1.1\r\n\r\n";
      while (!stop.stop_requested() && client.SendSome(request)) client.Receive("ok");
    });
    while (answered < 50) std::this_thread::yield();
    server.reset();
  }
}

TEST(HttpServerTlsTest, SpeaksTlsFromFiles) {
  std::string directory = testing::TempDir() + "tls-XXXXXX";
  ASSERT_NE(mkdtemp(directory.data()), nullptr);
  HttpServerOptions options;
  options.tls_cert_file = directory + "/cert.pem";
  options.tls_key_file = directory + "/key.pem";
  EXPECT_FALSE(HttpServer::Start(options, Echo, nullptr).ok());
  WriteCertificate(options.tls_cert_file, options.tls_key_file);
  const auto server = Start(options);
  // The certificate is not trusted by the client: the handshake itself must have happened.
  HttpClient client;
  FetchRequest request;
  request.url = fmt::format("https://127.0.0.1:{}/", server->port());
  const FetchResult refused = client.FetchAndWait(request);
  EXPECT_NE(Message(refused.status).find("certificate"), std::string_view::npos)
      << Message(refused.status);
  EXPECT_TRUE(server->ReloadTls().ok());
  RawClient plain(server->port());
  plain.Send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(plain.Receive().find("HTTP/1.1 200"), std::string::npos);
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace kizashi
