// Whether threads are virtual. ThreadSanitizer has its own mind about threads: there they stay real.
#pragma once

#if defined(__SANITIZE_THREAD__)
#define DETENT_PRIVATE_VIRTUAL_THREADS 0
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define DETENT_PRIVATE_VIRTUAL_THREADS 0
#endif
#endif
#if !defined(DETENT_PRIVATE_VIRTUAL_THREADS)
#define DETENT_PRIVATE_VIRTUAL_THREADS 1
#endif
