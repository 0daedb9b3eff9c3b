/* What a fork waits for, and what a forked child has to know. */
#ifndef FORKS_H
#define FORKS_H

#include <pthread.h>

/* The one lock of all that threads share in the library. It is held for a few instructions at a
 * time, never while code of the host program runs, and is never taken twice by a thread. A fork takes
 * it first, so that the child finds it free, and what it guards complete. */
pthread_mutex_t *shared_mutex(void);

/* How many forks made this process: a child has one more than its parent. */
unsigned long fork_count(void);

/* The one thread that the last of these forks has left to the process. */
pthread_t fork_survivor(void);

#endif
