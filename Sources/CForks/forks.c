#include "forks.h"

static pthread_mutex_t shared = PTHREAD_MUTEX_INITIALIZER;
static unsigned long count;
static pthread_t survivor;

pthread_mutex_t *shared_mutex(void)
{
    return &shared;
}

unsigned long fork_count(void)
{
    return count;
}

pthread_t fork_survivor(void)
{
    return survivor;
}

#ifdef FORKS_WAIT_FOR_RUNTIME
/*
 * Swift makes global variables, and what its runtime has to know of generic types, when they are
 * first used. A child that is forked meanwhile would wait for the thread that does so without end, so
 * that a fork waits, too. In the library that is installed, which contains the runtime, the linker
 * sends all calls of three functions here (setup.py).
 */
static pthread_rwlock_t no_fork = PTHREAD_RWLOCK_INITIALIZER;
static _Thread_local unsigned depth;

static void enter(void)
{
    if (depth++ == 0) pthread_rwlock_rdlock(&no_fork);
}

static void leave(void)
{
    if (--depth == 0) pthread_rwlock_unlock(&no_fork);
}

/* The shared mutex is no matter of the runtime; idle threads of the pool wait with it. */
int __real_pthread_mutex_lock(pthread_mutex_t *mutex);
int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex)
{
    if (mutex != &shared) enter();
    return __real_pthread_mutex_lock(mutex);
}

int __real_pthread_mutex_unlock(pthread_mutex_t *mutex);
int __wrap_pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    int status = __real_pthread_mutex_unlock(mutex);
    if (mutex != &shared) leave();
    return status;
}

/* swift::threading_impl::once_slow(once_t &, void (*)(void *), void *) */
#define ONCE(prefix) prefix##_ZN5swift14threading_impl9once_slowERNS0_6once_tEPFvPvES3_
void ONCE(__real_)(void *once, void (*make)(void *), void *context);
void ONCE(__wrap_)(void *once, void (*make)(void *), void *context)
{
    enter();
    ONCE(__real_)(once, make, context);
    leave();
}

/* By which the runtime knows a thread, kept from its first use on, and wrong in a child. Unknown if
 * zero. */
extern _Thread_local int thread_number
    __asm__("_ZZN5swift14threading_impl5linux13ulock_get_tidEvE3tid");

static void stop_runtime(void)
{
    pthread_rwlock_wrlock(&no_fork);
}

static void continue_runtime(void)
{
    pthread_rwlock_unlock(&no_fork);
}

static void restart_runtime(void)
{
    no_fork = (pthread_rwlock_t)PTHREAD_RWLOCK_INITIALIZER; /* a thread of the parent holds it */
    thread_number = 0;
}
#else
static void stop_runtime(void) {}
static void continue_runtime(void) {}
static void restart_runtime(void) {}
#endif

/* In this order: who holds the shared lock may use a type for the first time. */
static void prepare(void)
{
    pthread_mutex_lock(&shared);
    stop_runtime();
}

static void in_parent(void)
{
    continue_runtime();
    pthread_mutex_unlock(&shared);
}

static void in_child(void)
{
    restart_runtime();
    ++count;
    survivor = pthread_self();
    pthread_mutex_unlock(&shared);
}

__attribute__((constructor)) static void initialise(void)
{
    pthread_atfork(prepare, in_parent, in_child);
}
