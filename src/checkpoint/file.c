/* SPDX-License-Identifier: BSD-2-Clause
   A file that takes the place of an older one whole or not at all. */
#include "checkpoint/file.h"
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LARGEST ((size_t)1 << 30) /* bytes in a call: Linux moves no more than 2^31 */

/* Is there nothing, or a regular file that another may replace? */
static int Replaceable(const char *name)
{
  struct stat info;

  if (stat(name, &info)) return errno == ENOENT ? 0 : errno;
  if (S_ISREG(info.st_mode)) return 0;
  return S_ISDIR(info.st_mode) ? EISDIR : ENOTSUP;
}

int CheckpointCreate(const char *part, const char *name, int *fd)
{
  const int error = Replaceable(name);

  *fd = -1;
  if (error) return error;
  (void)unlink(part); /* never through a link that stands there */
  *fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  return *fd < 0 ? errno : 0;
}

int CheckpointOpen(const char *part, int *fd)
{
  *fd = open(part, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
  return *fd < 0 ? errno : 0;
}

/* O_NONBLOCK: a pipe that nobody writes to is no reason to wait. */
int CheckpointOpenToRead(const char *name, int *fd, uint64_t *bytes)
{
  struct stat info;
  int         error = 0;

  *fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (*fd < 0) return errno;
  if (fstat(*fd, &info)) error = errno;
  else if (!S_ISREG(info.st_mode)) error = S_ISDIR(info.st_mode) ? EISDIR : ENOTSUP;
  if (error) {
    (void)close(*fd);
    *fd = -1;
  } else *bytes = (uint64_t)info.st_size;
  return error;
}

int CheckpointWrite(int fd, const void *data, size_t bytes, uint64_t at)
{
  const char *from = (const char *)data;

  while (bytes > 0) {
    const ssize_t done = pwrite(fd, from, bytes < LARGEST ? bytes : LARGEST, (off_t)at);

    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return done < 0 ? errno : ENOSPC;
    from += done;
    at += (uint64_t)done;
    bytes -= (size_t)done;
  }
  return 0;
}

int CheckpointRead(int fd, void *data, size_t bytes, uint64_t at)
{
  char *to = (char *)data;

  while (bytes > 0) {
    const ssize_t done = pread(fd, to, bytes < LARGEST ? bytes : LARGEST, (off_t)at);

    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return done < 0 ? errno : EPIPE;
    to += done;
    at += (uint64_t)done;
    bytes -= (size_t)done;
  }
  return 0;
}

int CheckpointClose(int fd)
{
  int error = fsync(fd) ? errno : 0;

  if (close(fd) && !error) error = errno;
  return error;
}

/* The entry of a file in its folder reaches the disk with the folder. */
static int SyncFolder(const char *name)
{
  char path[PATH_MAX];
  int  fd, error;

  if (snprintf(path, sizeof(path), "%s", name) >= (int)sizeof(path)) return ENAMETOOLONG;
  fd = open(dirname(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return errno;
  error = fsync(fd) && errno != EINVAL ? errno : 0; /* some file systems know no such thing */
  (void)close(fd);
  return error;
}

int CheckpointPublish(const char *part, const char *name)
{
  const int error = Replaceable(name);

  if (error) return error;
  if (rename(part, name)) return errno;
  return SyncFolder(name);
}
