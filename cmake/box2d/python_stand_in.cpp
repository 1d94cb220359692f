// What b2Assert calls before it throws b2AssertException: nothing to do without an interpreter.
#include "Python.h"

void* PyExc_AssertionError = nullptr;
void PyErr_SetString(void*, const char*) {}
