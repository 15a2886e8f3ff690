/* Looks at every process of its PID namespace until it gets SIGTERM, as fast as it can, for one with capabilities that it has not itself or without a system call filter, and tries to
 * trace each it finds. Ends with "watched <processes seen>, <more rights>".
 *
 * Linked statically, so that it runs in a container that has nothing but busybox. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

struct rights {
  unsigned long long permitted, effective, bounding;
  int filtered;
};

static int read_rights(const char *pid, struct rights *rights) {
  char path[64], text[8192];
  snprintf(path, sizeof path, "/proc/%s/status", pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  ssize_t n = read(fd, text, sizeof text - 1);
  close(fd);
  if (n <= 0) return 0;
  text[n] = 0;
  /* The last threads of a process that ends have no rights worth looking at. */
  if (strstr(text, "State:\tZ") || strstr(text, "State:\tX")) return 0;
  const char *permitted = strstr(text, "CapPrm:"), *effective = strstr(text, "CapEff:");
  const char *bounding = strstr(text, "CapBnd:"), *seccomp = strstr(text, "Seccomp:");
  if (!permitted || !effective || !bounding || !seccomp) return 0;
  rights->permitted = strtoull(permitted + 7, NULL, 16);
  rights->effective = strtoull(effective + 7, NULL, 16);
  rights->bounding = strtoull(bounding + 7, NULL, 16);
  rights->filtered = atoi(seccomp + 8) == 2;
  return 1;
}

static volatile sig_atomic_t ended;

static void end(int signal) { ended = signal; }

int main(void) {
  struct rights own, other;
  if (!read_rights("self", &own) || signal(SIGTERM, end) == SIG_ERR) return 2;
  long seen = 0, more = 0, last = 0;
  printf("watching\n");
  fflush(stdout);
  while (!ended) {
    DIR *proc = opendir("/proc");
    if (!proc) return 2;
    struct dirent *entry;
    while ((entry = readdir(proc))) {
      long pid = atol(entry->d_name);
      if (pid <= 0 || !read_rights(entry->d_name, &other)) continue;
      if (pid > last) {
        last = pid;
        seen++;
      }
      if ((other.permitted | other.effective | other.bounding) & ~own.bounding || !other.filtered) {
        more++;
        long traced = ptrace(PTRACE_SEIZE, (pid_t)pid, NULL, NULL);
        printf("%ld CapPrm %llx CapEff %llx CapBnd %llx filtered %d traced %d\n", pid, other.permitted,
               other.effective, other.bounding, other.filtered, traced == 0);
        fflush(stdout);
        if (traced == 0) {
          /* Let go, or its end would wait for us. */
          ptrace(PTRACE_INTERRUPT, (pid_t)pid, NULL, NULL);
          waitpid((pid_t)pid, NULL, __WALL);
          ptrace(PTRACE_DETACH, (pid_t)pid, NULL, NULL);
        }
      }
    }
    closedir(proc);
  }
  printf("watched %ld, %ld more rights\n", seen, more);
  return 0;
}
