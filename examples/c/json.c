#include "json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *skip_space(const char *text)
{
    return text == NULL ? NULL : text + strspn(text, " \t\r\n");
}

/* Behind a string. */
static const char *skip_string(const char *text)
{
    for (++text; *text != '"'; ++text) {
        if (*text == '\\') ++text;
        if (*text == '\0') return NULL;
    }
    return text + 1;
}

/* Behind a value and the space after it: brackets are counted, strings are not looked into. */
static const char *skip_value(const char *text)
{
    int depth = 0;
    do {
        if (*text == '"') {
            if ((text = skip_string(text)) == NULL) return NULL;
            continue;
        }
        if (*text == '{' || *text == '[') ++depth;
        if (*text == '}' || *text == ']') --depth;
        if (*text == '\0' || depth < 0) return NULL;
        ++text;
    } while (depth > 0 || strchr(",]}", *text) == NULL);
    return *text == '\0' ? NULL : text;
}

const char *json_member(const char *object, const char *name)
{
    const char *text = skip_space(object);
    if (text == NULL || *text != '{') return NULL;
    do {
        const char *key = text = skip_space(text + 1);
        if (*key != '"' || (text = skip_space(skip_string(key))) == NULL || *text != ':')
            return NULL;
        text = skip_space(text + 1);
        size_t length = strlen(name);
        if (strncmp(key + 1, name, length) == 0 && key[length + 1] == '"') return text;
    } while ((text = skip_value(text)) != NULL && *text == ',');
    return NULL;
}

const char *json_element(const char *array, int i)
{
    const char *text = skip_space(array);
    if (text == NULL || *text != '[') return NULL;
    text = skip_space(text + 1);
    if (*text == ']') return NULL;
    for (; i > 0; --i) {
        if ((text = skip_value(text)) == NULL || *text != ',') return NULL;
        text = skip_space(text + 1);
    }
    return text;
}

char *json_text(const char *string)
{
    if (string == NULL || *string != '"') return NULL;
    const char *end = skip_string(string);
    if (end == NULL) return NULL;
    char *text = malloc((size_t)(end - string)), *to = text;
    if (text == NULL) return NULL;
    for (const char *from = string + 1; from < end - 1; ++from) {
        if (*from != '\\') {
            *to++ = *from;
        } else if (strchr("\"\\/", *++from) != NULL) {
            *to++ = *from;
        } else if (strchr("bfnrt", *from) != NULL) {
            *to++ = ' '; /* space is space in JSON within JSON */
        } else { /* nothing that is saved has other characters */
            free(text);
            return NULL;
        }
    }
    *to = '\0';
    return text;
}

int json_is(const char *value, const char *written)
{
    size_t length = strlen(written);
    return value != NULL && strncmp(value, written, length) == 0
        && strchr(",]} \t\r\n", value[length]) != NULL;
}

double json_number(const char *value)
{
    char *end;
    double number = value == NULL ? NAN : strtod(value, &end);
    return value == NULL || end == value ? NAN : number;
}

uint64_t json_unsigned(const char *value)
{
    return value == NULL || *value < '0' || *value > '9' ? 0 : strtoull(value, NULL, 10);
}
