/* SPDX-License-Identifier: BSD-2-Clause
   A file that takes the place of an older one whole or not at all; several processes may write
   parts of it. Names go to the system as they are: no shell, no scheme, no suffix means anything.
   Each function returns 0 or an errno. */
#ifndef TRUSTNCG_CHECKPOINT_FILE_H
#define TRUSTNCG_CHECKPOINT_FILE_H

#include <stddef.h>
#include <stdint.h>

/* Creates `part`, which is to become `name`, in place of one that a dead process left behind; or
   opens one that another process has created. */
extern int CheckpointCreate(const char *part, const char *name, int *fd);
extern int CheckpointOpen(const char *part, int *fd);
/* Opens a file to be read; it must be a regular one. */
extern int CheckpointOpenToRead(const char *name, int *fd, uint64_t *bytes);
/* All of the bytes, from that place in the file on; EPIPE where it ends before. */
extern int CheckpointWrite(int fd, const void *data, size_t bytes, uint64_t at);
extern int CheckpointRead(int fd, void *data, size_t bytes, uint64_t at);
/* Waits until what was written is on the disk; closes in any case. */
extern int CheckpointClose(int fd);
/* `part` becomes `name`, which may be a regular file already, and is there after a crash, too. */
extern int CheckpointPublish(const char *part, const char *name);

#endif
