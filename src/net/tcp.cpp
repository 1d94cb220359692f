#include "net/tcp.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

namespace foresight {
namespace {

constexpr std::size_t kReceiveBytes = std::size_t{1} << 16;
constexpr int kMaxAcceptedAtOnce = 16;
// A peer that vanished without a word is noticed after about a minute, in a silent queue too.
constexpr int kProbeAfterSeconds = 30;
constexpr int kProbeEverySeconds = 10;
constexpr int kMaxProbes = 3;

[[noreturn]] void lost(int problem) { throw ConnectionLost(std::strerror(problem)); }

void set_option(int socket, int level, int option, int value) {
  ::setsockopt(socket, level, option, &value, sizeof value);  // without it everything works, slower
}

void set_stream_options(int socket) {
  set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, kProbeAfterSeconds);
  set_option(socket, IPPROTO_TCP, TCP_KEEPINTVL, kProbeEverySeconds);
  set_option(socket, IPPROTO_TCP, TCP_KEEPCNT, kMaxProbes);
}

bool is_try_again(int problem) { return problem == EAGAIN || problem == EWOULDBLOCK; }

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

std::vector<TcpAddress> look_up(const std::string& host, std::uint16_t port, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  addrinfo* found = nullptr;
  const std::string service = fmt::format("{}", port);
  const int problem = ::getaddrinfo(host.c_str(), service.c_str(), &hints, &found);
  if (problem != 0) fail("cannot find the host \"{}\": {}", host, ::gai_strerror(problem));
  const std::unique_ptr<addrinfo, FreeAddresses> list(found);
  std::vector<TcpAddress> addresses;
  for (const addrinfo* item = list.get(); item != nullptr; item = item->ai_next) {
    TcpAddress address;
    address.size = std::min<socklen_t>(item->ai_addrlen, sizeof address.bytes);
    std::memcpy(&address.bytes, item->ai_addr, address.size);
    addresses.push_back(address);
  }
  return addresses;
}

const sockaddr* as_sockaddr(const sockaddr_storage& bytes) {
  return reinterpret_cast<const sockaddr*>(&bytes);
}

}  // namespace

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(number_, other.number_);
  return *this;
}

std::string TcpAddress::text() const {
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  const int problem = ::getnameinfo(as_sockaddr(bytes), size, host.data(), host.size(), port.data(),
                                    port.size(), NI_NUMERICHOST | NI_NUMERICSERV);
  if (problem != 0) return "?";
  const bool has_colons = std::strchr(host.data(), ':') != nullptr;
  return has_colons ? fmt::format("[{}]:{}", host.data(), port.data())
                    : fmt::format("{}:{}", host.data(), port.data());
}

std::vector<TcpAddress> resolve_host(const std::string& host, std::uint16_t port) {
  return look_up(host, port, AI_ADDRCONFIG);
}

TcpStream::TcpStream(const TcpAddress& address)
    : socket_(::socket(address.bytes.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)),
      is_connecting_(true) {
  if (socket_.number() < 0) lost(errno);
  set_stream_options(socket_.number());
  if (::connect(socket_.number(), as_sockaddr(address.bytes), address.size) == 0) {
    is_connecting_ = false;
  } else if (errno != EINPROGRESS && errno != EINTR) {
    lost(errno);
  }
}

TcpStream::TcpStream(Descriptor descriptor) : socket_(std::move(descriptor)) {
  set_stream_options(socket_.number());
}

pollfd TcpStream::wanted() const {
  const bool must_write = is_connecting_ || queued_bytes() > 0;
  const int events = (is_connecting_ ? 0 : POLLIN) | (must_write ? POLLOUT : 0);
  return {.fd = socket_.number(), .events = static_cast<short>(events), .revents = 0};
}

void TcpStream::on_writable() {
  if (is_connecting_) {
    int problem = 0;
    socklen_t size = sizeof problem;
    if (::getsockopt(socket_.number(), SOL_SOCKET, SO_ERROR, &problem, &size) != 0) lost(errno);
    if (problem != 0) lost(problem);
    is_connecting_ = false;
  }
  flush();
}

void TcpStream::send(std::string_view bytes) {
  output_ += bytes;
  if (!is_connecting_) flush();
}

void TcpStream::flush() {
  while (queued_bytes() > 0) {
    const ssize_t count = ::send(socket_.number(), output_.data() + num_sent_, queued_bytes(),
                                 MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count >= 0) {
      num_sent_ += static_cast<std::size_t>(count);
    } else if (is_try_again(errno)) {
      break;
    } else if (errno != EINTR) {
      lost(errno);
    }
  }
  // Moving what is left costs as much as it is long: not for every piece of a large message.
  if (2 * num_sent_ < output_.size()) return;
  output_.erase(0, num_sent_);
  num_sent_ = 0;
}

void TcpStream::end_output() { ::shutdown(socket_.number(), SHUT_WR); }

std::string TcpStream::receive() {
  std::string bytes(kReceiveBytes, '\0');
  ssize_t count = 0;
  do {
    count = ::recv(socket_.number(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  } while (count < 0 && errno == EINTR);
  if (count < 0 && !is_try_again(errno)) lost(errno);
  if (count == 0) is_at_end_ = true;
  bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  return bytes;
}

TcpListener::TcpListener(const std::string& host, std::uint16_t port) {
  std::string reason;
  for (const TcpAddress& address : look_up(host, port, AI_PASSIVE)) {
    Descriptor socket(
        ::socket(address.bytes.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (socket.number() >= 0) {
      set_option(socket.number(), SOL_SOCKET, SO_REUSEADDR, 1);
      if (::bind(socket.number(), as_sockaddr(address.bytes), address.size) == 0 &&
          ::listen(socket.number(), SOMAXCONN) == 0) {
        socket_ = std::move(socket);
        return;
      }
    }
    reason = std::strerror(errno);
  }
  fail(
      "cannot listen on {}, port {}: {}\n  is another program there? choose another port, or 0 for"
      " any free one",
      host, port, reason);
}

std::uint16_t TcpListener::port() const {
  sockaddr_storage bytes{};
  socklen_t size = sizeof bytes;
  const bool is_known =
      ::getsockname(socket_.number(), reinterpret_cast<sockaddr*>(&bytes), &size) == 0;
  FS_CHECK(is_known, "a listener without a name: {}", std::strerror(errno));
  const bool is_v6 = bytes.ss_family == AF_INET6;
  return ntohs(is_v6 ? reinterpret_cast<const sockaddr_in6*>(&bytes)->sin6_port
                     : reinterpret_cast<const sockaddr_in*>(&bytes)->sin_port);
}

std::vector<TcpStream> TcpListener::accept_waiting() {
  std::vector<TcpStream> streams;
  for (int i = 0; i < kMaxAcceptedAtOnce; ++i) {
    const int number = ::accept4(socket_.number(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (number < 0) break;  // nobody left, or one who has gone again
    streams.emplace_back(Descriptor(number));
  }
  return streams;
}

void wait_for_events(std::vector<pollfd>& wanted, std::int64_t timeout_ms) {
  const auto timeout = static_cast<int>(std::clamp<std::int64_t>(timeout_ms, 0, 60'000));
  const int count = ::poll(wanted.data(), wanted.size(), timeout);
  if (count >= 0) return;
  for (pollfd& item : wanted) item.revents = 0;
  FS_CHECK(errno == EINTR || errno == EAGAIN || errno == ENOMEM, "poll: {}", std::strerror(errno));
}

}  // namespace foresight
