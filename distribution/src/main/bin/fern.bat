@echo off
rem Starts Fern's command line: the jars in lib\, beside the folder of this script.
setlocal
set "FERN_HOME=%~dp0.."
set "FERN_JAVA=java"
if defined JAVA_HOME set "FERN_JAVA=%JAVA_HOME%\bin\java.exe"
rem The comments of the script for Unix, beside this one, say why these are set.
if not defined OMP_NUM_THREADS set "OMP_NUM_THREADS=%NUMBER_OF_PROCESSORS%"
if not defined MXNET_ENGINE_TYPE set "MXNET_ENGINE_TYPE=NaiveEngine"
if not defined MXNET_MKLDNN_CACHE_NUM set "MXNET_MKLDNN_CACHE_NUM=256"
if not defined OPENCV_LOG_LEVEL set "OPENCV_LOG_LEVEL=SILENT"
"%FERN_JAVA%" -XX:+UseParallelGC --enable-native-access=ALL-UNNAMED -Dai.djl.offline=true -DOPT_OUT_TRACKING=true %FERN_JAVA_OPTIONS% -jar "%FERN_HOME%\lib\fern.jar" %*
exit /b %ERRORLEVEL%
