#ifndef ISINGRG_H
#define ISINGRG_H
#endif
