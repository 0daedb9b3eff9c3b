/* As much of JSON as the header of a safetensors file needs. All texts end with a zero; functions
 * return NULL for what is missing or malformed, and take NULL for it. */
#ifndef JSON_H
#define JSON_H

#include <stdint.h>

/* The value of a member of an object. */
const char *json_member(const char *object, const char *name);

/* Element i of an array. */
const char *json_element(const char *array, int i);

/* The text of a string, to be freed. */
char *json_text(const char *string);

/* 1 for the literals true and null, or for the string, as it is written; else 0. */
int json_is(const char *value, const char *written);

/* A number, or NaN. */
double json_number(const char *value);

/* A whole number from 0 to 2^64 - 1, or 0. */
uint64_t json_unsigned(const char *value);

#endif
