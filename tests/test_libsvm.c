/* SPDX-License-Identifier: BSD-2-Clause
   The readers of data files: what they take, what they refuse and in which words. */
#include "harness.h"
#include "idx.h"
#include "libsvm.h"
#include "problem.h"
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

enum { MESSAGE = 512, MUTANTS = 20000 };

static char message[MESSAGE];

#define assert_message(expected)                                                                   \
  ck_assert_msg(ckm_agree(!strcmp(message, expected), "'%s', not '%s'", message, expected), "%s",  \
                ckm_words())

static char path[PETSC_MAX_PATH_LEN], labels[PETSC_MAX_PATH_LEN];

/* Parses a copy that ends where the text ends: address sanitizers see a byte read too far. */
static int Parse(const char text[], size_t length, LibsvmTable *table)
{
  char *copy = malloc(length ? length : 1);
  int   failed;

  memcpy(copy, text, length);
  message[0] = 0;
  failed     = LibsvmParse("f", copy, length, table, message, sizeof(message));
  free(copy);
  return failed;
}

START_TEST(text_becomes_rows)
{
  const char text[] =
    "# a comment\n+1 1:0.5 3:-2e-1\r\n\n \t-1\t2:.25 # 4:1\n2.0# no entries\n7 9:1";
  LibsvmTable t;

  ckm_assert(!Parse(text, strlen(text), &t));
  ckm_assert(t.rows == 4 && t.columns == 9);
  ckm_assert(t.label[0] == 1 && t.label[1] == -1 && t.label[2] == 2 && t.label[3] == 7);
  ckm_assert(t.start[0] == 0 && t.start[1] == 2 && t.start[2] == 3 && t.start[3] == 3);
  ckm_assert(t.start[4] == 4);
  ckm_assert(t.column[0] == 0 && t.column[1] == 2 && t.column[2] == 1 && t.column[3] == 8);
  ckm_assert(t.value[0] == 0.5 && t.value[1] == -0.2 && t.value[2] == 0.25 && t.value[3] == 1.0);
  LibsvmFree(&t);
}
END_TEST

START_TEST(largest_index_needs_no_memory)
{
  LibsvmTable t;

  ckm_assert(!Parse("1 2147483646:1", 14, &t));
  ckm_assert(t.columns == 2147483646 && t.column[0] == 2147483645);
  LibsvmFree(&t);
}
END_TEST

#define NUMBER50 "00000000000000000000000000000000000000000000000001"

static const struct {
  const char *text, *message;
} Refused[] = {
  {"", "f:1: the file holds no samples"},
  {"\n# 1 1:1\n", "f:3: the file holds no samples"},
  {"1 1:1\n1 0:1\n", "f:2: index 0: indices begin with 1"},
  {"1 -1:1", "f:1: index '-1' is not a whole number from 1"},
  {"1 1.5:1", "f:1: index '1.5' is not a whole number from 1"},
  {"1 qid:3 1:1", "f:1: index 'qid' is not a whole number from 1"},
  {"1 2147483647:1", "f:1: index 2147483647 is above 2147483646"},
  {"1 4294967297:1", "f:1: index 4294967297 is above 2147483646"},
  {"1 99999999999999999999:1", "f:1: index 99999999999999999999 is above 2147483646"},
  {"1 2:1 2:1", "f:1: index 2 after 2: indices must ascend"},
  {"1 3:1 2:1", "f:1: index 2 after 3: indices must ascend"},
  {"1 1", "f:1: index 1 is not followed by ':'"},
  {"1 1 :1", "f:1: index 1 is not followed by ':'"},
  {"1 1:", "f:1: value is missing"},
  {"1 1: 2", "f:1: value is missing"},
  {"1 :2", "f:1: index is missing"},
  {"1 1:2:3", "f:1: unexpected ':'"},
  {"1 1:2\r3", "f:1: unexpected carriage return"},
  {"1 1:nan", "f:1: value 'nan' is not a finite decimal number"},
  {"1 1:-inf", "f:1: value '-inf' is not a finite decimal number"},
  {"1 1:1e999", "f:1: value '1e999' is not a finite decimal number"},
  {"1 1:0x1p3", "f:1: value '0x1p3' is not a finite decimal number"},
  {"1 1:1,5", "f:1: value '1,5' is not a finite decimal number"},
  {"1 1:1e", "f:1: value '1e' is not a finite decimal number"},
  {"1 1:\x1b[2J", "f:1: value '?[2J' is not a finite decimal number"},
  {"1 1:" NUMBER50 NUMBER50 NUMBER50, "f:1: value of more than 127 characters"},
  {"1:1 2:1", "f:1: the line begins without a label"},
  {":1", "f:1: label is missing"},
  {"1.5 1:1", "f:1: label 1.5 is not a whole number below 2^31"},
  {"1e10 1:1", "f:1: label 1e+10 is not a whole number below 2^31"},
  {"yes 1:1", "f:1: label 'yes' is not a finite decimal number"},
  {"1,2 1:1", "f:1: label '1,2' is not a finite decimal number"},
};

START_TEST(fault_is_named_with_its_line)
{
  LibsvmTable t;

  ckm_assert(Parse(Refused[_i].text, strlen(Refused[_i].text), &t));
  assert_message(Refused[_i].message);
  ckm_assert(!t.rows && !t.start && !t.label && !t.column && !t.value);
}
END_TEST

START_TEST(zero_byte_is_refused)
{
  LibsvmTable t;

  ckm_assert(Parse("1 1:1\n1 # \0\n", 12, &t));
  assert_message("f:2: a zero byte: this is not a text file");
}
END_TEST

START_TEST(point_is_a_point_in_every_locale)
{
  const char *names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "C"};
  LibsvmTable t;

  for (int k = 0; k < 4 && !setlocale(LC_ALL, names[k]); k++) continue;
  ckm_assert(!Parse("1 1:1.5", 7, &t));
  ckm_assert(t.value[0] == 1.5);
  LibsvmFree(&t);
  (void)setlocale(LC_ALL, "C");
}
END_TEST

static unsigned Random(unsigned below)
{
  static unsigned long long state = 1;

  state = state * 6364136223846793005ULL + 1442695040888963407ULL;
  return (unsigned)(state >> 33) % below;
}

static int IsSound(const LibsvmTable *t)
{
  int sound = t->rows > 0 && t->start[0] == 0;

  for (size_t i = 0; i < t->rows; i++) {
    for (size_t j = t->start[i]; j < t->start[i + 1]; j++) {
      sound = sound && t->column[j] < t->columns && isfinite(t->value[j]);
      sound = sound && t->column[j] > (j > t->start[i] ? t->column[j - 1] : -1);
    }
  }
  return sound;
}

START_TEST(mutants_are_refused_or_sound)
{
  const char bytes[] = "0123456789+-.:#eE \t\r\n\0xnif,";
  char       text[]  = "+1 1:0.5 3:-2e-1 10:7\r\n-1 2:.25 # 4\n\n2 1:1 99:1e+2\n";
  int        sound   = 1;

  for (int k = 0; k < MUTANTS; k++) {
    char        mutant[sizeof(text)];
    LibsvmTable t;

    memcpy(mutant, text, sizeof(text));
    for (unsigned m = Random(4); m < 4; m++) mutant[Random(sizeof(text))] = bytes[Random(28)];
    if (Parse(mutant, Random(sizeof(text) + 1), &t)) sound = sound && !strncmp(message, "f:", 2);
    else sound = sound && IsSound(&t);
    LibsvmFree(&t);
  }
  ckm_assert(sound);
}
END_TEST

static void MakePaths(void)
{
  ckm_ok(PetscSNPrintf(path, sizeof(path), "/tmp/trustncg_%d_images", (int)getpid()));
  ckm_ok(PetscSNPrintf(labels, sizeof(labels), "/tmp/trustncg_%d_labels", (int)getpid()));
}

static void RemovePaths(void)
{
  (void)unlink(path);
  (void)unlink(labels);
}

/* mode as of gzopen: "w" compresses, "wT" does not. */
static void Write(const char file[], const char mode[], const unsigned char bytes[],
                  unsigned length)
{
  gzFile stream = gzopen(file, mode);

  ckm_assert(stream && gzwrite(stream, bytes, length) == (int)length && gzclose(stream) == Z_OK);
}

/* Three images of 2 x 2, their labels, and what the faults start from */
static const unsigned char Images[] = {0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2,  0,  0,
                                       0, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
static const unsigned char Labels[] = {0, 0, 8, 1, 0, 0, 0, 3, 2, 0, 1};

/* Are items [first, last) of the file these? */
static int SliceIs(const char file[], int dims, size_t first, size_t last,
                   const unsigned char expected[], size_t count)
{
  unsigned char *bytes;
  int            same;

  if (IdxReadItems(file, dims, first, last, &bytes, message, MESSAGE)) return 0;
  same = count == 0 || !memcmp(bytes, expected, count); /* no bytes: NULL */
  free(bytes);
  return same;
}

START_TEST(idx_slices_are_read)
{
  const char *mode = _i ? "w" : "wT";
  IdxShape    shape;

  Write(path, mode, Images, sizeof(Images));
  Write(labels, mode, Labels, sizeof(Labels));
  ckm_assert(!IdxReadShape(path, labels, &shape, message, MESSAGE));
  ckm_assert(shape.items == 3 && shape.width == 4);
  ckm_assert(SliceIs(path, 3, 1, 3, Images + 20, 8));
  ckm_assert(SliceIs(labels, 1, 0, 3, Labels + 8, 3));
  ckm_assert(SliceIs(path, 3, 2, 2, Images, 0));
}
END_TEST

/* The images with one byte replaced and another length */
static const struct {
  int         at, byte;
  unsigned    length;
  const char *reason;
} Damaged[] = {
  {0, 0, 27, "the file is truncated"},
  {0, 0, 17, "the file is truncated"},
  {0, 0, 9, "the file is truncated"},
  {0, 0, 0, "the file is truncated"},
  {0, 0, 29, "the file is longer than its header says"},
  {4, 255, 28, "the file is truncated"},
  {7, 0, 28, "the file holds no items"},
  {2, 9, 28, "not an IDX file of bytes with 3 dimensions (it begins with 00000903)"},
  {3, 1, 28, "not an IDX file of bytes with 3 dimensions (it begins with 00000801)"},
  {15, 0, 28, "the header asks for items of 2 x 0 bytes"},
  {12, 255, 28, "the header asks for items of 2 x 4278190082 bytes"},
};

START_TEST(damaged_idx_is_refused)
{
  unsigned char image[29] = {0}, *bytes;
  char          expected[MESSAGE];

  memcpy(image, Images, sizeof(Images));
  image[Damaged[_i].at] = (unsigned char)Damaged[_i].byte;
  Write(path, _i % 2 ? "w" : "wT", image, Damaged[_i].length);
  ckm_assert(IdxReadItems(path, 3, 1, 3, &bytes, message, MESSAGE));
  ckm_ok(PetscSNPrintf(expected, sizeof(expected), "%s: %s", path, Damaged[_i].reason));
  assert_message(expected);
  ckm_assert(!bytes);
}
END_TEST

START_TEST(cut_gzip_is_refused)
{
  unsigned char packed[256], *bytes;
  FILE         *file;
  size_t        length;

  Write(path, "w", Images, sizeof(Images));
  file   = fopen(path, "rb");
  length = fread(packed, 1, sizeof(packed), file);
  fclose(file);
  for (size_t cut = 1; cut < length; cut++) {
    Write(path, "wT", packed, (unsigned)cut);
    ckm_assert(IdxReadItems(path, 3, 0, 3, &bytes, message, MESSAGE));
  }
  packed[length - 6] ^= 1; /* the checksum */
  Write(path, "wT", packed, (unsigned)length);
  ckm_assert(IdxReadItems(path, 3, 0, 3, &bytes, message, MESSAGE));
  ckm_assert(strstr(message, "incorrect data check"));
}
END_TEST

START_TEST(idx_counts_must_agree)
{
  unsigned char label[sizeof(Labels)];
  IdxShape      shape;

  memcpy(label, Labels, sizeof(Labels));
  label[7] = 2;
  Write(path, "w", Images, sizeof(Images));
  Write(labels, "w", label, sizeof(label));
  ckm_assert(IdxReadShape(path, labels, &shape, message, MESSAGE));
  ckm_assert(strstr(message, "_labels: 2 labels for 3 images"));
}
END_TEST

/* Rank 0 alone reads a LIBSVM file; all ranks must leave with its error. */
START_TEST(all_ranks_raise_the_readers_error)
{
  const char text[] = "1 1:1\n2 1:x\n";
  Problem    prob   = NULL;

  Write(path, "wT", (const unsigned char *)text, (unsigned)strlen(text));
  ckm_ok(PetscOptionsSetValue(NULL, "-problem_data", path));
  ckm_fails(ProblemCreate(PETSC_COMM_WORLD, "logistic", 0, &prob), PETSC_ERR_FILE_READ,
            "_images:2: value 'x' is not a finite decimal number");
  ckm_ok(PetscOptionsClearValue(NULL, "-problem_data"));
  ckm_ok(ProblemDestroy(&prob));
}
END_TEST

static void AddTests(Suite *suite)
{
  TCase *libsvm = ckm_tcase(suite, "libsvm"), *idx = ckm_tcase(suite, "idx");

  tcase_add_test(libsvm, text_becomes_rows);
  tcase_add_test(libsvm, largest_index_needs_no_memory);
  tcase_add_loop_test(libsvm, fault_is_named_with_its_line, 0, PETSC_STATIC_ARRAY_LENGTH(Refused));
  tcase_add_test(libsvm, zero_byte_is_refused);
  tcase_add_test(libsvm, point_is_a_point_in_every_locale);
  tcase_add_test(libsvm, mutants_are_refused_or_sound);
  tcase_add_checked_fixture(idx, MakePaths, RemovePaths);
  tcase_add_loop_test(idx, idx_slices_are_read, 0, 2);
  tcase_add_loop_test(idx, damaged_idx_is_refused, 0, PETSC_STATIC_ARRAY_LENGTH(Damaged));
  tcase_add_test(idx, cut_gzip_is_refused);
  tcase_add_test(idx, idx_counts_must_agree);
  tcase_add_test(idx, all_ranks_raise_the_readers_error);
}

int main(int argc, char **argv)
{
  return harness_main(argc, argv, "libsvm", AddTests);
}
