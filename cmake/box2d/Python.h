// Stand-in for CPython's header: b2Settings.h of box2d-py names two symbols of it in its assert.
#pragma once

extern void* PyExc_AssertionError;
void PyErr_SetString(void* type, const char* message);
