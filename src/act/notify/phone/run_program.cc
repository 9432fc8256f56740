#include "act/notify/phone/run_program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace kizashi::phone {
namespace {

class File {
 public:
  explicit File(int fd = -1) : fd_(fd) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() { Close(); }
  void Close() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }
  int fd() const { return fd_; }

 private:
  int fd_;
};

// In memory: the program may read it when and as far as it likes, and we never wait for that.
bool Fill(int fd, std::string_view input) {
  while (!input.empty()) {
    const ssize_t written = write(fd, input.data(), input.size());
    if (written <= 0) return false;
    input.remove_prefix(static_cast<size_t>(written));
  }
  return lseek(fd, 0, SEEK_SET) == 0;
}

// The error number of posix_spawnp.
int Spawn(const std::vector<std::string>& arguments, int in, int out, pid_t* pid) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const char* const path = std::getenv("PATH");
  std::string path_entry = std::string("PATH=") + (path != nullptr ? path : "/usr/bin:/bin");
  std::string locale_entry = "LC_ALL=C.UTF-8";
  std::array<char*, 3> environment = {path_entry.data(), locale_entry.data(), nullptr};

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  const int error =
      posix_spawnp(pid, argv[0], &actions, &attributes, argv.data(), environment.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

// Until the program closes its output.
Status ReadAll(int fd, const std::string& name, size_t bytes_max, Duration timeout,
               std::string* out) {
  const Stopwatch watch;
  std::array<char, 16 << 10> chunk;
  while (true) {
    const Duration left = timeout - watch.Elapsed();
    pollfd waited{fd, POLLIN, 0};
    const int ready = left > Duration(0) ? poll(&waited, 1, static_cast<int>(left.count())) : 0;
    if (ready == 0) return Unavailable("{} took more than {} ms", name, timeout.count());
    const ssize_t got = ready < 0 ? -1 : read(fd, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Unavailable("cannot read what {} writes: {}", name, std::strerror(errno));
    if (got == 0) return OkStatus();
    if (out->size() + static_cast<size_t>(got) > bytes_max) {
      return ResourceExhausted("{} wrote more than {} bytes", name, bytes_max);
    }
    out->append(chunk.data(), static_cast<size_t>(got));
  }
}

}  // namespace

StatusOr<std::string> RunProgram(const std::vector<std::string>& arguments, std::string_view input,
                                 size_t output_bytes_max, Duration timeout) {
  const std::string& name = arguments.at(0);
  const File in(memfd_create("kizashi-input", MFD_CLOEXEC));
  std::array<int, 2> ends{-1, -1};
  if (in.fd() < 0 || !Fill(in.fd(), input) || pipe2(ends.data(), O_CLOEXEC) != 0) {
    return Internal("cannot start {}: {}", name, std::strerror(errno));
  }
  const File read_end(ends[0]);
  File write_end(ends[1]);
  pid_t pid = 0;
  if (const int error = Spawn(arguments, in.fd(), write_end.fd(), &pid); error != 0) {
    if (error == ENOENT) return NotFound("{} is not installed", name);
    return Internal("cannot start {}: {}", name, std::strerror(error));
  }
  write_end.Close();
  std::string out;
  const Status read = ReadAll(read_end.fd(), name, output_bytes_max, timeout, &out);
  // It closed its output, or is not worth waiting for: either way its end is near.
  if (!read.ok()) kill(pid, SIGKILL);
  int state = 0;
  while (waitpid(pid, &state, 0) < 0 && errno == EINTR) {
  }
  KZ_RETURN_IF_ERROR(read);
  if (!WIFEXITED(state) || WEXITSTATUS(state) != 0) {
    return Unavailable("{} failed with {}", name, WIFEXITED(state) ? WEXITSTATUS(state) : -1);
  }
  return out;
}

}  // namespace kizashi::phone
