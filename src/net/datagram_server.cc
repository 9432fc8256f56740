#include "net/datagram_server.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <array>
#include <asio/io_context.hpp>
#include <asio/ip/udp.hpp>
#include <cstring>
#include <utility>
#include <vector>

namespace kizashi {
namespace {

using asio::ip::udp;

constexpr size_t kBytesMax = 64 << 10;  // no datagram is longer

std::string AddressText(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const auto* four = reinterpret_cast<const sockaddr_in*>(&address);
  const auto* six = reinterpret_cast<const sockaddr_in6*>(&address);
  const void* const bytes = address.ss_family == AF_INET6
                                ? static_cast<const void*>(&six->sin6_addr)
                                : static_cast<const void*>(&four->sin_addr);
  const char* const found = inet_ntop(address.ss_family, bytes, text.data(), text.size());
  return found == nullptr ? std::string() : std::string(found);
}

// How many datagrams the system says were dropped so far (modulo 2^32).
bool ReadDropped(msghdr* header, uint32_t* dropped) {
  for (cmsghdr* part = CMSG_FIRSTHDR(header); part != nullptr; part = CMSG_NXTHDR(header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SO_RXQ_OVFL) continue;
    std::memcpy(dropped, CMSG_DATA(part), sizeof(*dropped));
    return true;
  }
  return false;
}

}  // namespace

struct DatagramServer::Impl {
  explicit Impl(EventLoop& loop_in) : loop(loop_in), socket(loop.io()) {}

  struct Slot {
    std::vector<char> bytes = std::vector<char>(kBytesMax);
    sockaddr_storage sender{};
    alignas(cmsghdr) std::array<char, 64> control{};
    iovec vector{};
  };

  EventLoop& loop;
  DatagramServerOptions options;
  Handler handler;
  udp::socket socket;
  size_t receive_buffer = 0;
  Counter* dropped = nullptr;  // may be null
  // The loop's thread only.
  std::array<Slot, kDatagramsAtOnce> slots;
  std::array<mmsghdr, kDatagramsAtOnce> headers{};
  std::vector<Datagram> datagrams;
  std::vector<std::string> senders;
  uint32_t dropped_before = 0;
  bool waiting = false;
  bool paused = false;
  bool stopped = false;

  Status Bind();
  void GrowReceiveBuffer();
  void Wait();
  void ReadAll();
  size_t ReadSome();
  void TakeSlots(size_t count);
  void Reply(size_t slot, std::string_view bytes);
};

Status DatagramServer::Impl::Bind() {
  std::error_code error;
  const auto address = asio::ip::make_address(options.host, error);
  if (error) return InvalidArgument("cannot listen on '{}': it is not an IP address", options.host);
  const udp::endpoint endpoint(address, options.port);
  socket.open(endpoint.protocol(), error);
  if (!error) socket.non_blocking(true, error);
  if (!error) socket.bind(endpoint, error);
  if (error) {
    return Unavailable("cannot listen on {}:{} (UDP): {}", options.host, options.port,
                       error.message());
  }
  GrowReceiveBuffer();
  const int on = 1;
  setsockopt(socket.native_handle(), SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof(on));
  return OkStatus();
}

void DatagramServer::Impl::GrowReceiveBuffer() {
  const int fd = socket.native_handle();
  const int wanted = static_cast<int>(options.receive_buffer_bytes);
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &wanted, sizeof(wanted)) != 0) {
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &wanted, sizeof(wanted));
  }
  int given = 0;
  socklen_t size = sizeof(given);
  if (getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &given, &size) == 0) {
    receive_buffer = static_cast<size_t>(given) / 2;  // Linux tells it with its own overhead
  }
}

void DatagramServer::Impl::Wait() {
  if (stopped || paused || std::exchange(waiting, true)) return;
  socket.async_wait(udp::socket::wait_read, [this](std::error_code error) {
    waiting = false;
    if (error || stopped) return;
    // One round, then whatever else the loop has to do.
    const size_t count = ReadSome();
    if (count > 0) TakeSlots(count);
    Wait();
  });
}

size_t DatagramServer::Impl::ReadSome() {
  for (size_t i = 0; i < slots.size(); ++i) {
    Slot& slot = slots[i];
    slot.vector = {slot.bytes.data(), slot.bytes.size()};
    msghdr& header = headers[i].msg_hdr;
    header = {};
    header.msg_name = &slot.sender;
    header.msg_namelen = sizeof(slot.sender);
    header.msg_iov = &slot.vector;
    header.msg_iovlen = 1;
    header.msg_control = slot.control.data();
    header.msg_controllen = slot.control.size();
  }
  const int count = recvmmsg(socket.native_handle(), headers.data(),
                             static_cast<unsigned>(headers.size()), MSG_DONTWAIT, nullptr);
  return count > 0 ? static_cast<size_t>(count) : 0;
}

void DatagramServer::Impl::TakeSlots(size_t count) {
  datagrams.clear();
  senders.clear();
  for (size_t i = 0; i < count; ++i) senders.push_back(AddressText(slots[i].sender));
  for (size_t i = 0; i < count; ++i) {
    datagrams.push_back({{slots[i].bytes.data(), headers[i].msg_len},
                         senders[i],
                         [this, i](std::string_view bytes) { Reply(i, bytes); }});
    uint32_t now = 0;
    if (!ReadDropped(&headers[i].msg_hdr, &now)) continue;
    if (dropped != nullptr) dropped->Add(static_cast<double>(now - dropped_before));
    dropped_before = now;
  }
  paused = !handler(datagrams);
}

void DatagramServer::Impl::ReadAll() {
  while (!paused) {
    const size_t count = ReadSome();
    if (count == 0) return;
    TakeSlots(count);
  }
}

void DatagramServer::Impl::Reply(size_t slot, std::string_view bytes) {
  sendto(socket.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
         reinterpret_cast<const sockaddr*>(&slots[slot].sender), headers[slot].msg_hdr.msg_namelen);
}

DatagramServer::DatagramServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

StatusOr<std::unique_ptr<DatagramServer>> DatagramServer::Start(EventLoop& loop,
                                                                DatagramServerOptions options,
                                                                Handler handler,
                                                                Registry* registry) {
  auto impl = std::make_unique<Impl>(loop);
  Impl& of = *impl;
  of.options = std::move(options);
  of.handler = std::move(handler);
  if (registry != nullptr) {
    of.dropped = &registry->GetCounter("kizashi_datagrams_dropped_total",
                                       "Datagrams that found the socket's buffer full.",
                                       {{"receiver", of.options.name}});
  }
  KZ_RETURN_IF_ERROR(of.Bind());
  auto server = std::unique_ptr<DatagramServer>(new DatagramServer(std::move(impl)));
  loop.Post([&of] { of.Wait(); });
  return server;
}

DatagramServer::~DatagramServer() {
  impl_->loop.Run([this] {
    impl_->stopped = true;
    std::error_code ignored;
    impl_->socket.close(ignored);
  });
  // What waited is told of the end by the loop.
  impl_->loop.Settle();
}

uint16_t DatagramServer::port() const {
  std::error_code error;
  return impl_->socket.local_endpoint(error).port();
}

size_t DatagramServer::receive_buffer_bytes() const { return impl_->receive_buffer; }

void DatagramServer::Resume() {
  impl_->paused = false;
  impl_->Wait();
}

void DatagramServer::StopReading() {
  impl_->loop.Run([this] {
    if (std::exchange(impl_->stopped, true)) return;
    impl_->ReadAll();
  });
}

}  // namespace kizashi
