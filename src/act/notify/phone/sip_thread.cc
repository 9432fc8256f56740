#include "act/notify/phone/sip_thread.h"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <future>

#include "act/notify/phone/re_headers.h"
#include "base/check.h"

// libre prints messages that nobody waits for to standard error, as they came: lines of a stranger
// in our log, escape sequences and all. Its calls come here instead, since a program's symbols go
// before a library's.
extern "C" int re_fprintf(FILE* /*stream*/, const char* /*format*/, ...) { return 0; }

namespace kizashi::phone {
namespace {

constexpr rlim_t kFilesMax = 1 << 16;

// libre keeps a table by file number: any that this process may have open.
int FilesMax() {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return 1024;
  return static_cast<int>(std::min(files.rlim_cur, kFilesMax));
}

Re<struct dnsc> OpenDns() {
  std::array<struct sa, 8> servers{};
  std::array<char, 256> domain{};
  auto count = static_cast<uint32_t>(servers.size());
  Re<struct dnsc> dns;
  if (dns_srv_get(domain.data(), domain.size(), servers.data(), &count) != 0) return dns;
  if (dnsc_alloc(dns.Out(), nullptr, servers.data(), count) != 0) return Re<struct dnsc>();
  return dns;
}

}  // namespace

void ReleaseRe(void* object) { mem_deref(object); }

Status ReStatus(int error, std::string_view what) {
  if (error == 0) return OkStatus();
  return Unavailable("{}: {}", what, std::strerror(error));
}

StatusOr<std::unique_ptr<SipThread>> SipThread::Start() {
  std::unique_ptr<SipThread> self(new SipThread);
  std::promise<Status> started;
  self->thread_ = std::thread([&, raw = self.get()] {
    raw->Run([&](Status status) { started.set_value(std::move(status)); });
  });
  KZ_RETURN_IF_ERROR(started.get_future().get());
  return self;
}

SipThread::~SipThread() {
  Stop();
  if (thread_.joinable()) thread_.join();
}

Status SipThread::Open() {
  static std::once_flag once;
  static int init_error = 0;
  std::call_once(once, [] {
    dbg_init(DBG_EMERG, DBG_NONE);
    init_error = libre_init();
  });
  KZ_RETURN_IF_ERROR(ReStatus(init_error, "cannot start the SIP stack"));
  KZ_RETURN_IF_ERROR(ReStatus(re_thread_init(), "cannot start the SIP stack"));
  KZ_RETURN_IF_ERROR(ReStatus(fd_setsize(FilesMax()), "cannot start the SIP stack"));
  dns_ = OpenDns();
  const auto wake = [](int /*id*/, void* /*data*/, void* self) {
    static_cast<SipThread*>(self)->RunTasks();
  };
  const std::lock_guard lock(mutex_);
  return ReStatus(mqueue_alloc(queue_.Out(), wake, this), "cannot start the SIP stack");
}

void SipThread::RunTasks() {
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(tasks_);
  }
  for (const auto& task : tasks) task();
}

void SipThread::Run(std::function<void(Status)> started) {
  Status opened = Open();
  const bool runs = opened.ok();
  started(std::move(opened));
  if (runs) (void)re_main(nullptr);
  dns_.Reset();
  {
    const std::lock_guard lock(mutex_);
    queue_.Reset();
  }
  re_thread_close();
}

void SipThread::Post(std::function<void()> task) {
  const std::lock_guard lock(mutex_);
  if (!queue_) return;
  tasks_.push_back(std::move(task));
  // One wake-up for all that wait: its pipe is never full, so this never waits for the thread.
  if (tasks_.size() == 1) KZ_CHECK(mqueue_push(queue_.get(), 0, nullptr) == 0, "no wake-up");
}

void SipThread::Stop() {
  Post([] { re_cancel(); });
  if (thread_.joinable() && thread_.get_id() != std::this_thread::get_id()) thread_.join();
}

}  // namespace kizashi::phone
