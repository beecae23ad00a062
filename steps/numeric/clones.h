/* steps/numeric/clones.h - hot loops compiled once for each width of vector register.
 *
 * ATTUNE_CLONES before a static function makes a copy for each instruction set, of which the
 * loader picks one. Only for loops whose bits do not depend on it: whole numbers, or reals item by
 * item (contraction is off). Clones are static, behind a plain function, for clang 14 gives the
 * symbol of a public one another name; and no two have the same name, for of static ones it lets
 * all files see what picks. x86-64-v4, for avx512f alone has no comparison that gives a
 * vector. A thread sanitizer cannot run the resolver that picks. */
#ifndef ATTUNE_STEPS_NUMERIC_CLONES_H
#define ATTUNE_STEPS_NUMERIC_CLONES_H

#if defined(__SANITIZE_THREAD__)
#define ATTUNE_CLONES
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define ATTUNE_CLONES
#endif
#endif
#ifndef ATTUNE_CLONES
#define ATTUNE_CLONES __attribute__((target_clones("arch=x86-64-v4", "avx2", "default")))
#endif

#define ATTUNE_INLINE inline __attribute__((always_inline))

#endif
