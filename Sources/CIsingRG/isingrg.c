#include "isingrg.h"
